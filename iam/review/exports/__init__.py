"""What leaves a review on paper or as a file: its rows, its figures, and the manifest that proves both."""
