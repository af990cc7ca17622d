"""When each kernel runs, and in which memory: a program of ops over numbered tensors, built once, run every step.

layers' lower()  ->  program  ->  gradients  ->  fuse  ->  memory  ->  run
"""
