"""Photos into batches, fastcnn against Keras, TensorFlow, SciPy and OpenCV: each in a process of its own, in turns.

python -m bench.images --peer-python PATH --photos FOLDER --json images.json
"""
