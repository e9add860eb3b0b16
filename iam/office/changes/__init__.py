"""Changes that two officers make together: of the configuration and its keys, and exceptions for a time."""
