"""Deciding: who may answer what, the answers, what wins of them, silence, and what changed since the snapshot."""
