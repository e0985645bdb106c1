"""A page of one HTML file: words, tables, charts, images to look at."""
