"""Where the site meets browsers and proxies: headers, cookies, callers, and what was refused."""
