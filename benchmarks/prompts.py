"""What the benchmark of pictures asks for."""

from __future__ import annotations

OBJECTS = (
    "a red heart|a cat|a tree|a house|a fish|a yellow star|a face|a car|a dog|a bird|a flower|a boat|an apple|"
    "a butterfly|a mushroom|a cactus|a snowman|a castle|a rocket|a banana|an owl|a pumpkin|a robot|a rabbit|a horse|"
    "a cake|an airplane|a penguin|a crown|an umbrella|a strawberry|a ghost"
).split("|")
OTHERS = (
    "a sunset over the sea|the moon in the night sky|a red circle|a blue square|a green triangle|a purple diamond|"
    "a yellow ring|a black cross on a white background|a pink star on a blue background|a white circle on black|"
    "red and white stripes|a black and white checkerboard|a gradient from blue to yellow|yellow polka dots on red|"
    "a plain green background|a yellow sun over the blue sea|the sun over green hills|gray mountains under a blue sky|"
    "a golden desert|a starry night|a snowy day|a sailboat on the sea|a house in the snow|a palm tree at sunset|"
    "a castle at night|a cow on the grass|a tree in a field|a small red square|a big blue circle|"
    "a red circle to the left of a blue square|pixel art of a green dragon|a line drawing of a clock"
).split("|")
PROMPTS = (*OBJECTS, *OTHERS)
SKETCHES = (
    "a cat|a dog|a fish|a bird|a house|a tree|a flower|a star|a heart|a car|a boat|a bicycle|a cup|a key|"
    "an umbrella|a face"
).split("|")
"""For strokes in one ink: chosen."""
DRAWN_BY_LOT = (
    "a rabbit|a dress|a frog|a diamond|an earth|a dolphin|a candle|a cow|a light bulb|an angel|a smiley|"
    "a strawberry|a chicken|a balloon|a violin|a tower"
).split("|")
"""For strokes in one ink: drawn once from the vocabulary of training, without looking at a picture."""
SCENES = (
    "a yellow sun over a blue sea|a sunset over the sea|the moon in the night sky|gray mountains under a blue sky|"
    "a golden desert|the sun over green hills|a sailboat on the sea|a tree in a field|a red heart|a cat|a house|a tree|"
    "a flower|a car|a mushroom|a butterfly"
).split("|")
"""For the VQGAN on its wide canvas: chosen."""
SCENES_BY_LOT = (
    "a rocket|an octopus|a snake|a cloud|a bell|a chair|a light bulb|a helicopter|a penguin|a snowman|a pig|a plane|"
    "a fish|a pumpkin|a church|a chicken"
).split("|")
"""For the same: drawn once from the vocabulary of training, without looking at a picture."""
OBJECTS_BY_LOT = (
    "a panda|a violin|a crown|a duck|a computer|a dog|a cow|a cactus|a clock|a hammer|an angel|a rainbow|a shark|"
    "a castle|a balloon|a star|a volcano|a smiley|a robot|a horse|a snail|a bus|a frog|a clown|a leaf|a house|bread|"
    "a mouth|a banana|a drum|a strawberry|a tower"
).split("|")
"""For pixel grids, beside PROMPTS: drawn in the same manner."""
