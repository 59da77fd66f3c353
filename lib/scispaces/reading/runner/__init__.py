"""The commands of the book: execute, compare, refresh, stress, bench, and the set-up before them."""
