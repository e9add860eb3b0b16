"""Reviews with 人事, as the worker tends them."""
