"""The roster and the outcomes that people hand in: read, compared with what was there, and taken in whole."""
