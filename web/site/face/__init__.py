"""How the site looks and speaks: assets, language, forms, the frame around each page."""
