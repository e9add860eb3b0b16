"""What the command line prints and refuses, without running it."""
