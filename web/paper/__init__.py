"""Reviews on paper: workbooks, delimited files, the report, and charts that read without colour."""
