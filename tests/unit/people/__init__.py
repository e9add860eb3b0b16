"""Persons, the organisation, and what a feed says of them."""
