"""Remote services that make pictures from words: one file each, behind one interface."""
