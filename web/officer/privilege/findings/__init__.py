"""Findings of privileged IDs: what targets showed and no use explains, and the logs that it was read from."""
