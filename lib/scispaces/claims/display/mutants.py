def display_mutants(latex, names): return []
