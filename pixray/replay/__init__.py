"""Taking the same step again and again: what changes from step to step apart from what is done with it."""
