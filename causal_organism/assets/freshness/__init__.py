"""Whether an asset is out of date, and why, in types and in words."""
