"""Officers' pages about the review with 人事 (棚卸)."""
