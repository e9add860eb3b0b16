"""Reviews over real databases and directories."""
