"""The mail connector against a real server."""
