"""Practice servers: a real OpenLDAP and PostgreSQL on loopback, each its own process."""
