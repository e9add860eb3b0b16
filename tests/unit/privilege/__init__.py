"""What decides over privileged IDs, from facts alone."""
