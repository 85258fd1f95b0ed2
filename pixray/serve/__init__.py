"""HTTP serving: the cog predictor, and a server of our own."""
