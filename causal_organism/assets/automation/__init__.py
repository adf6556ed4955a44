"""When an asset is made without being asked for: what authors may say, and what follows from it."""
