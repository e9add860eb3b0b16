"""The terminal API: `/validate/check`, as sign-in modules of Windows and Linux terminals speak it."""
