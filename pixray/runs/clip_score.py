"""How well a finished picture fits its prompts, in the eyes of a perceptor.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixray.settings.grammar import Weighted

if TYPE_CHECKING:
    from PIL import Image

    from pixray.perceptors.base import Perceptor


def clip_score(perceptor: Perceptor, picture: Image.Image, prompts: Sequence[Weighted], device: str = "cpu") -> float:
    """100 times the cosine between picture and prompts (Hessel et al. 2021, without its factor 2.5 and its floor at 0).

    The whole picture is looked at once, squeezed to the perceptor's square. Of several prompts it is the mean by the
    size of their weights; a negative weight counts against the picture.

    Args:
        picture: for Pillow, of any size; transparency lies over white.
        prompts: texts with weights.

    Returns:
        from -100 to 100; 0 without prompts.
    """
    import torch

    from pixray.images.io import to_tensor
    from pixray.images.noise import fitted, laid_over

    total = sum(abs(prompt.weight) for prompt in prompts)
    if not total:
        return 0.0
    image = laid_over(to_tensor(picture, 4), None, 1.0)
    with torch.no_grad():
        crop = fitted(image.to(device), (perceptor.input_size, perceptor.input_size))
        embedding = perceptor.encode_image(crop)
        cosines = (perceptor.encode_text([prompt.text for prompt in prompts]) @ embedding.t())[:, 0].tolist()
    return 100 * sum(prompt.weight * cosine for prompt, cosine in zip(prompts, cosines, strict=True)) / total
