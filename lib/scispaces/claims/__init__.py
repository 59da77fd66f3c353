"""How a statement is checked, attacked and recorded."""
