"""The measured claims.  Each room is run by `./dev bench NAME` and prints ratios taken in one run."""
