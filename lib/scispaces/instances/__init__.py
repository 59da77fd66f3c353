"""What draws the ingredients of a claim: layers, critics, networks, matrices, chains, laws."""
