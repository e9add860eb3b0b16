"""One's own factors: enrolling them in steps, keeping them, parting with them."""
