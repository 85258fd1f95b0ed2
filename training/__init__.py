"""Training of the models inside the package: captioned pictures from openly licensed sprites, and three trainers."""
