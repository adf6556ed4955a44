"""What a study declares: read from its file, understood, judged by itself, and put into words."""
