"""The web application itself: how it is put together, guarded, served and spoken."""
