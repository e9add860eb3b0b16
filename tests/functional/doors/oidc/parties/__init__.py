"""Real parties: the certified openid-client, and Apache with mod_auth_openidc."""
