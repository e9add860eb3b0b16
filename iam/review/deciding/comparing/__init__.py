"""Comparing what was frozen with what is today: persons, and accounts on their targets."""
