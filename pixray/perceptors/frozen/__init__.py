"""Frozen image encoders: the networks of open_clip, rebuilt once into something that only has to run.

Nobody trains them here, so everything that does not depend on the picture can be worked out beforehand: see
transformer.py, resnet.py and convnext.py for the folds, all of them exact. `compile_tower` is the entrance.
"""
