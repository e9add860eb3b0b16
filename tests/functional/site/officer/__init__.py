"""The officers' pages, by a browser over real databases."""
