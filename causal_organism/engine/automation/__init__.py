"""Which assets a pulse makes without being asked, and making them."""
