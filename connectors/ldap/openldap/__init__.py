"""OpenLDAP as a target: accounts, groups that are entitlements, and the orders that change them."""

from connectors.ldap.openldap.entries import OpenLdapOptions
from connectors.ldap.openldap.target import OpenLdapTarget

__all__ = ["OpenLdapOptions", "OpenLdapTarget"]
