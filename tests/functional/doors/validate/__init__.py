"""The terminal API."""
