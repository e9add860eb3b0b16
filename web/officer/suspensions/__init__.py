"""Suspended persons: who they are, the deed and its receipts."""
