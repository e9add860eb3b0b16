"""The profiles that come with the product, and the commands that show them."""
