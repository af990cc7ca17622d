"""Model to file and back: one module a format."""
