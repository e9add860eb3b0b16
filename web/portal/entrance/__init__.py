"""Coming in and going out: sign-in in its steps, proving oneself again, the screen lock, signing out."""
