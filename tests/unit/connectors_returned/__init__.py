"""Workbooks that come back, and what somebody may have done to them."""
