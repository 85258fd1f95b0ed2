"""Services that rent their models: what they are sent, how they are asked after, what they answer."""
