"""The rules of Kagimori: knows no web framework and no wire protocol."""
