"""When a review is due, who is reminded of it, and who learns that none was held."""
