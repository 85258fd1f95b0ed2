"""Losses: what makes a picture better or worse."""
