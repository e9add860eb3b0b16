"""Reviews with 人事 (棚卸): findings over every account, decisions, two signatures, what leaves and what comes back."""
