"""What was asserted to systems that keep sessions of their own, and for which session of ours."""
