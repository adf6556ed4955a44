"""Every port in memory, with the behaviour of the servers."""
