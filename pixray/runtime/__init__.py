"""The process and its machine: random numbers, devices, signals, files."""
