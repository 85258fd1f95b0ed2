"""Many runs on many machines: cells as tasks for workers of a Ray cluster, or one after the other in this process."""
