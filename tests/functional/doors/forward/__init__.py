"""The forward door: what reverse proxies ask, and what browsers meet behind them."""
