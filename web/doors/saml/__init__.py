"""SAML 2.0 identity provider: an optional part, the only one that knows the library pysaml2."""
