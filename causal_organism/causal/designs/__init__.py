"""The designs of a study: rows go in, estimates with grades, verdicts and reasons come out."""
