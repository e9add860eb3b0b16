"""The configuration in force and its changes by two officers; permits to renew keys."""
