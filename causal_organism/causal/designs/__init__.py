"""Studies of anybody's data: a declaration and a table go in, estimates with grades, verdicts and reasons come out."""
