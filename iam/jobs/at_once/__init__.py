"""What is not left to the night: the few persons who were decided about just now."""
