"""What `./dev demo` shows, one step after the other."""
