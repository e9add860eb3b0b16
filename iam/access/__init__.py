"""Systems, accounts, entitlements, and who should have them."""
