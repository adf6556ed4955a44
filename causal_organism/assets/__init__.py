"""The model of assets: definitions, versions, staleness, selection, plans. Standard library only; no I/O, no clock."""
