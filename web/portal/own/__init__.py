"""What everybody finds about themselves: the first page, password, rights, sessions, history, the desk sheet."""
