"""What is known of people, accounts and refused rows, for those who ask."""
