"""The record floor on real databases and files."""
