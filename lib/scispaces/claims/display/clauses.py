def clauses(latex): return {"": latex}
