"""What turns notebooks into a book: figure style, explore(), the Sphinx extension, the command line."""
