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

BFL_DOMAINS = ("bfl.ai",)
"""Where Black Forest Labs is asked after a task, and where its pictures lie."""
BFL_FILL_PICTURE = "image"
"""The name of the start picture in requests to flux-pro-1.0-fill; of its `mask` white is repainted."""

FAL_DOMAINS = ("fal.run", "fal.media", "fal.ai")
"""Hosts of fal's queue and of its pictures."""
FAL_PICTURE_MODEL = "fal-ai/flux/dev/image-to-image"
"""fal's model for start pictures."""

REPLICATE_DOMAINS = ("replicate.delivery", "replicate.com")
"""Hosts of the pictures of Replicate's predictions."""
REPLICATE_FILTERED = ("nsfw", "sensitive", "moderat", "safety")
"""Words in an error of Replicate by which a refused content is known."""

TOGETHER_DOMAINS = ("together.xyz", "together.ai")
"""Hosts of Together's pictures, should it send addresses although base64 was asked for."""

OPENROUTER_MODEL = "google/gemini-3-pro-image-preview"
GEMINI_MODEL = "gemini-3-pro-image-preview"
"""Models of which nobody said that they end soon."""

GEMINI_SHAPES = {
    "1:1": (1024, 1024), "2:3": (832, 1248), "3:2": (1248, 832), "3:4": (864, 1184), "4:3": (1184, 864),
    "4:5": (896, 1152), "5:4": (1152, 896), "9:16": (768, 1344), "16:9": (1344, 768), "21:9": (1536, 672),
}  # fmt: skip
"""Proportions that Gemini makes, and about what they come out as; the nesting of its requests is a guess, too."""

PRICES_AS_OF = "2026-11-29"
PRICES: dict[str, dict[str, float]] = {
    "bfl": {"flux-2-pro": 0.03, "flux-2-max": 0.07, "flux-2-flex": 0.06, "flux-2-klein-4b": 0.014,
            "flux-pro-1.0-fill": 0.05},
    "fal": {"fal-ai/flux/dev": 0.025, "fal-ai/flux/dev/image-to-image": 0.03, "fal-ai/flux/schnell": 0.003},
    "gemini": {"gemini-3-pro-image-preview": 0.134},
    "openai": {"gpt-image-1": 0.042, "gpt-image-1.5": 0.034, "gpt-image-1-mini": 0.011, "dall-e-3": 0.04,
               "dall-e-2": 0.02},
    "openrouter": {"google/gemini-3-pro-image-preview": 0.134},
    "replicate": {"black-forest-labs/flux-dev": 0.025, "black-forest-labs/flux-schnell": 0.003,
                  "black-forest-labs/flux-kontext-pro": 0.04},
    "together": {"black-forest-labs/FLUX.1-schnell": 0.0027},
}  # fmt: skip
"""US dollars for a picture of about a million pixels by service and model, from memory, and the day of writing.
They make bills say "about", and never count against `max_cost`."""
