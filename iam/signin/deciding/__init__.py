"""The decision (判定): may this person come into this system, from here, with this terminal, now."""
