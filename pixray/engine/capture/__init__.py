"""CUDA-graph capture and replay of steps, and the executors that use it or run steps directly."""
