"""This organism at work: its stream, its projections, its decisions."""
