"""What a terminal, a shell and a browser see beside the text: colours, names that complete, the console as a page."""
