"""What Replicate runs. Written by `python -m pixray.serve.inputs`: change the settings, not this file."""

from collections.abc import Iterator
from typing import Optional

from cog import BaseRunner, Input, Path

from pixray.serve.painting import Painter


class Predictor(BaseRunner):
    """Streams the pictures of one run."""

    def setup(self) -> None:
        """Make the painter, which keeps models between requests."""
        self.painter = Painter()

    def run(
        self,
        prompts: Optional[str] = Input(
            default=None, description="text prompts separated by |, each text[:weight[:stop]]",
        ),
        drawer: Optional[str] = Input(
            default=None, description="what makes the picture (default: vqgan)",
            choices=["clipdraw", "fft", "line_sketch", "multires", "pixel", "super_resolution", "vqgan"],
        ),
        palette: Optional[str] = Input(
            default=None, description="colours for the filter 'lookup', the loss 'palette' and drawers with a palette",
        ),
        quality: Optional[str] = Input(
            default=None, description="preset for size, iterations and perceptors (default: normal)",
            choices=["draft", "normal", "better", "best", "supreme"],
        ),
        iterations: Optional[int] = Input(
            default=None, description="number of steps (default: 250, by the quality)",
            ge=0,
        ),
        aspect: Optional[str] = Input(
            default=None, description="aspect ratio of the picture (default: widescreen)",
            choices=["widescreen", "square", "portrait", "retain"],
        ),
        size: Optional[str] = Input(
            default=None, description="exact width and height (default: 384x216, by the quality)",
        ),
        seed: Optional[str] = Input(
            default=None, description="number or text; the same seed gives the same picture",
        ),
        init_image: Optional[Path] = Input(
            default=None, description="picture to start from",
        ),
        preset: Optional[str] = Input(
            default=None, description="a named set of settings to start from",
            choices=["8bidg", "genesis_draft", "genesis_mintable", "hello_pixray", "line_sketch", "pixray_pixel", "pixray_vdiff", "pixray_vqgan", "pixrayapi", "pixrayraw", "text2image", "text2pixel", "tiler", "tiler_fft", "tiler_fft_shift", "tiler_pixel", "tiler_pixel_shift"],
        ),
        settings: Optional[str] = Input(
            default=None, description="further settings as YAML; they win over all others",
        ),
    ) -> Iterator[Path]:
        """Yield a picture whenever one is due, the finished one last."""
        for picture in self.painter.paint(
            prompts=prompts,
            drawer=drawer,
            palette=palette,
            quality=quality,
            iterations=iterations,
            aspect=aspect,
            size=size,
            seed=seed,
            init_image=init_image,
            preset=preset,
            settings=settings,
        ):
            yield Path(picture)
