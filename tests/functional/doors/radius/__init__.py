"""RADIUS, with a real FreeRADIUS between the device and us."""
