"""Exports of mail, chat and calendars: who turned to whom and when, and nothing of what was said."""
