"""Exports of targets' own logs."""
