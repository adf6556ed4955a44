"""Values of versions as tables: compared for people, for incremental forms, and within a tolerance."""
