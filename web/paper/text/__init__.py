"""Reviews as text: delimited files in two encodings, JSON, and what does not fit into either."""
