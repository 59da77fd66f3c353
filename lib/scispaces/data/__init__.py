"""Everything that loads or makes a data set."""
