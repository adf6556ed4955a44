"""For how long a connection that nobody used is relied on."""

from __future__ import annotations

TRUSTED_S = 30.0
"""After that a new one is opened instead: it costs less than waiting for an answer that does not come.

What drops idle connections without a word does so later (load balancers from 60 s on, firewalls after minutes). What
closes them is seen at once, and costs no more than connecting again.
"""
