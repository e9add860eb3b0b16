"""Whoever may not, and tries: every route and every command."""
