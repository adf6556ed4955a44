"""Documents as types: what commands answer with, and packages hand to each other, field by field as scripts read it.

Annotations are no texts here (`from __future__`): each would be compiled at import, in every command that reads one.
"""
