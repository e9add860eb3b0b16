"""What was seen of privileged IDs: sign-ins held against uses (突合), names and groups found on targets."""
