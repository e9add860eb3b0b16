"""The LDAP connectors against real servers, and against a network that fails at the worst moment."""
