"""`iam review`: reviews with 人事 at the console."""
