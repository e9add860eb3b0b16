"""Accounts as a review freezes them: what decides about them, when they were used last, and the line of each."""
