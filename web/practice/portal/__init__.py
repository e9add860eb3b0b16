"""さくら市's portal, opened for practice: its service, invented people with something to sign in by, and a browser."""
