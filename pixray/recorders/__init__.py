"""Recorders: observers of a run that write files and show progress."""
