"""Exceptions for a time: asking for one, what holds now, ending one."""
