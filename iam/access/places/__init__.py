"""Where people come from: networks and flows between zones, terminals, permissions for access from outside."""
