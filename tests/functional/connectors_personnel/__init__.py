"""The personnel file, read from real files that the tests make."""
