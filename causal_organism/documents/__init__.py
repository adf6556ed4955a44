"""Documents as types: what commands answer with, and packages hand to each other, field by field as scripts read it."""
