"""Interfaces that clients of other image servers already speak. All of them make jobs in the same queue."""
