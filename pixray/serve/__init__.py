"""Doors for servers."""
