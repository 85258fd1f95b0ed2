"""What parts there are: kinds, and the built-in table."""
