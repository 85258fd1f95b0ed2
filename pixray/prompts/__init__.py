"""From the text of a prompt to a loss."""
