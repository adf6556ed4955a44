"""From files and the event stream into the archive."""
