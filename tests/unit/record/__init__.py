"""The record floor, without I/O."""
