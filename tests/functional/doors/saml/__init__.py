"""The SAML identity provider: what it takes, what it gives, and a foreign service provider before it."""
