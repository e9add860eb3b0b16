"""The tables' history, one numbered step a file, up and down on both databases."""
