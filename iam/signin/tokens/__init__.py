"""What systems are given: who they are, what was issued to them, the keys it is signed with, and word of a sign-out."""
