"""What is done with sessions: into folders, grids, comparisons, animations, resuming."""
