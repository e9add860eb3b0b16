"""Persons, posts and the organisation over time, the appointment ledger, and the feed that fills it."""
