"""The Sphinx site: ledger, errata and badges from the stored records, Chinese in the search."""
