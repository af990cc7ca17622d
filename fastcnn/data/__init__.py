"""Photos to arrays: which files there are, what is in them, and reading them ahead of need."""
