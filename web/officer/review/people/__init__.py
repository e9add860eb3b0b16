"""Persons of a review, as 人事 answers about them."""
