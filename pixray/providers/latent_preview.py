"""Unfinished pictures of diffusion pipelines: latents in the form of each family, decoded as the finished ones will be.

Late imports: torch takes a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor


def latent_preview(pipeline: Any, latents: Tensor, height: int, width: int) -> Image.Image:
    """The picture that latents show.

    Args:
        pipeline: of the package diffusers.
        latents: N C h w, or N (h w) C where a family packs patches into tokens (FLUX).
        height, width: of the finished picture in pixels.
    """
    import torch

    with torch.no_grad():
        decoded = pipeline.vae.decode(_unscaled(pipeline, latents, height, width), return_dict=False)[0]
    return pipeline.image_processor.postprocess(decoded.detach())[0]


def _unscaled(pipeline: Any, latents: Tensor, height: int, width: int) -> Tensor:
    """N C h w as the decoder takes them."""
    vae = pipeline.vae
    if latents.ndim == 3 and hasattr(pipeline, "_unpatchify_latents"):  # FLUX.2 normalises patches
        rows = height // (2 * pipeline.vae_scale_factor)
        patches = latents.mT.unflatten(2, (rows, -1))
        mean, variance = (value.view(1, -1, 1, 1) for value in (vae.bn.running_mean, vae.bn.running_var))
        return pipeline._unpatchify_latents(patches * (variance + vae.config.batch_norm_eps).sqrt() + mean)
    if latents.ndim == 3:
        latents = pipeline._unpack_latents(latents, height, width, pipeline.vae_scale_factor)
    return latents / vae.config.scaling_factor + (getattr(vae.config, "shift_factor", None) or 0.0)
