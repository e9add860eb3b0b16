"""Officers at work on one person: finding them, seeing how they stand at the door, acting for them."""
