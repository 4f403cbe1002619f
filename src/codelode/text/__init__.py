"""Pure functions from bytes to features: nothing here reads a file."""
