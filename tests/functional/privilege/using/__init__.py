"""Uses of privileged IDs over real databases, and a real directory."""
