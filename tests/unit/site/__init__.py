"""The site's pure parts."""
