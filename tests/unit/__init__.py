"""Unit tests: pure rules, no socket, no file, no clock."""
