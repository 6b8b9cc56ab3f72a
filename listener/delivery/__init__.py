"""Objects to a PACS: by C-STORE or STOW-RS, until it has them."""
