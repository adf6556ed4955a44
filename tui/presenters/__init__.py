"""From documents to lines and rows; pure, without Textual."""
