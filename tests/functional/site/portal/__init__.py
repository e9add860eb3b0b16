"""The staff's pages, over the whole site and real databases."""
