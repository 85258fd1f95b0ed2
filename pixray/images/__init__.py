"""Pictures: reading, writing, starting, and gradients that help."""
