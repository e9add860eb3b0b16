"""The decision: its properties, its matrix, each of its reasons."""
