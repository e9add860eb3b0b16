"""Pages for whoever works with a privileged ID, and for whoever stands beside them."""
