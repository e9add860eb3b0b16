"""Counting answers: how far a review is, and who answers faster than anybody can look."""
