"""Person-weeks: what lies in each of them, and where it stands."""
