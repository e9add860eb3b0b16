"""What runs periodically, over both databases and with a real mail server."""
