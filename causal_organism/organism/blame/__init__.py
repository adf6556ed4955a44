"""Why a number of one person changed, down to the interactions."""
