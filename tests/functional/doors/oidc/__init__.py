"""OpenID Connect: what is refused, and real parties that sign somebody in."""
