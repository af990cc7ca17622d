"""The training loop: batches in, epochs, callbacks; each step is one run of a program."""
