"""Plans and what holds them back."""
