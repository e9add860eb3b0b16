"""LDAP directories: a personnel source, and OpenLDAP as a target."""
