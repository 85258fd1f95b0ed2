"""Contract checks for parts, ours and those of plugins."""
