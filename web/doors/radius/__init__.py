"""RADIUS, as FreeRADIUS hands it on by rlm_rest: people by password and code, devices by their MAC."""
