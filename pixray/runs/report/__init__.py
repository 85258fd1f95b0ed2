"""HTML pages and contact sheets of runs."""
