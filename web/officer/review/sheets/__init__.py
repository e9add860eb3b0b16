"""Sheets of a review: made, downloaded, handed in again, and what became of each."""
