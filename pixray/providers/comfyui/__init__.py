"""ComfyUI: the user's own graphs, or small ready ones."""
