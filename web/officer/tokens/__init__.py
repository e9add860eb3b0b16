"""The stock of hardware tokens: taken in, lent, taken back, lost, destroyed."""
