"""Diffusion servers of one's own machine that speak the API of Stable Diffusion WebUI."""
