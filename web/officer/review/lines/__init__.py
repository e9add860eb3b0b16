"""Lines of a review: the worklist, one of them, and what is answered about them."""
