"""What adapters assume without having read it in a specification or seen it answered: all of it in this one place.

No adapter of this package was tried against a live service; these facts are weaker still, from memory or inferred.
Where one is wrong, a setting overrides it or an error says so; nothing of it decides what is sent to whom.
"""

from __future__ import annotations

SDCPP_PORT = 1234
"""Port of stable-diffusion.cpp's own server."""

SDAPI_WHITE_REPAINTS = True
"""In masks of /sdapi/v1/img2img white is repainted; `inpainting_mask_invert` would turn that round."""

SDCPP_SEEDS_COUNT_UP = True
"""Pictures of a batch of stable-diffusion.cpp take the seeds seed, seed + 1 …; its replies do not tell."""

DRAW_THINGS_ROOT = ("model", "sampler")
"""Keys of the JSON object with which Draw Things answers GET /, by which it is known."""

SDNEXT_VERSION = ("app", "sd.next")
"""A key of the answer of SD.Next to GET /sdapi/v1/version, and what stands there in small letters."""
FORGE_OPTION = "forge_"
"""How names begin that Forge alone has among /sdapi/v1/options."""
