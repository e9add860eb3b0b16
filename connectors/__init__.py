"""Adapters to directories and systems: know the ports and the errors of iam, and nothing else of ours."""
