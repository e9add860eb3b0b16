"""What two persons agree on: the hash of every verdict, and what it changes, written down with the second signature."""
