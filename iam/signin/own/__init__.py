"""What somebody does with their own password and factors, once signed in."""
