"""The selection language: syntax, parser and evaluation."""
