"""Logs as files that others write."""
