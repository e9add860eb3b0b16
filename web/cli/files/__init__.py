"""Files that an operator names on the command line."""
