"""The LDAP connectors' decisions: bytes in, values out, no socket."""
