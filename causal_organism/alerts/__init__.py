"""What people are told when something goes wrong: which alerts there are, and their words. Sending is not done here."""
