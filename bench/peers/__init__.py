"""fastcnn against other frameworks: the same networks, each framework in a process of its own, in turns.

python -m bench.peers --peer-python PATH --json results.json
"""
