"""Logs of Linux: sshd, sudo, su and consoles in auth.log, secure and the journal; and slapd's own."""
