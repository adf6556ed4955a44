"""What was made before: versions, differences, restore, pin, retention."""
