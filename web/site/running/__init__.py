"""How the site runs: its server, its log, its health."""
