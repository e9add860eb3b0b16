"""The forward door: a reverse proxy asks here for each request whether it may pass (nginx, Traefik, Caddy)."""
