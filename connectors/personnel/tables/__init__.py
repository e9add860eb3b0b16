"""Files of rows: CSV and xlsx alike as rows of text, in bounded memory."""
