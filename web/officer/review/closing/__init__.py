"""The end of a review: signatures, what is carried out, and what is undone."""
