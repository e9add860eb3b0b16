"""OpenID Connect: systems that send browsers here and are told who somebody is, and whether they may come in."""
