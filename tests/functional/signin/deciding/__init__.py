"""The decision over both databases: what changes acts at once, what is answered is recorded."""
