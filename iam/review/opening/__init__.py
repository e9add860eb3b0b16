"""Opening a review: who everybody was and what every system held on the day, frozen and hashed.

The one law: *every account that a system really holds is a line* (R09): what was read, and what the ledger says beyond
it, are counted against the lines before the campaign opens.
"""
