"""Files of token seeds as makers deliver them, and as nobody should."""
