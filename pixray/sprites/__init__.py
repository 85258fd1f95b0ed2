"""Sprites: pictures of few pixels and few colours, their files, and how other pictures become sprites."""
