"""Connected systems: what each is given to sign people in, and how two officers decide it."""
