"""The end of a review: two signatures over what was decided, its carrying out, its verification, its undoing."""
