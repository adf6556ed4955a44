"""The overview: its summary, its panes, and what needs attention."""
