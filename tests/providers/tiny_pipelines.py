"""Folders of diffusion pipelines of a few thousand random weights, built from their configurations."""

import json
from contextlib import contextmanager

import torch

UNET = {
    "sample_size": 8, "in_channels": 4, "out_channels": 4, "layers_per_block": 1, "block_out_channels": (8, 16),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 16, "attention_head_dim": 4, "norm_num_groups": 4,
}  # fmt: skip
VAE = {
    "block_out_channels": (4, 4, 4, 8), "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4, "layers_per_block": 1, "latent_channels": 4, "norm_num_groups": 4,
}  # fmt: skip
SIZES = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
LETTERS = [chr(number) for number in range(33, 127)]


def stable_diffusion(folder):
    """Stable Diffusion 1: one text encoder."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel

    with _seeded():
        pipeline = StableDiffusionPipeline(
            vae=AutoencoderKL(**VAE), text_encoder=CLIPTextModel(_clip_config()), tokenizer=_clip_words(folder),
            unet=UNet2DConditionModel(**UNET), scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None,
            requires_safety_checker=False,
        )  # fmt: skip
    return _saved(pipeline, folder)


def stable_diffusion_xl(folder):
    """SDXL: two text encoders, and the sizes of the picture among its conditions."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    conditions = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "cross_attention_dim": 32}
    conditions["projection_class_embeddings_input_dim"] = 6 * 8 + 16
    words = _clip_words(folder)
    with _seeded():
        pipeline = StableDiffusionXLPipeline(
            vae=AutoencoderKL(**VAE), text_encoder=CLIPTextModel(_clip_config()), tokenizer=words, tokenizer_2=words,
            text_encoder_2=CLIPTextModelWithProjection(_clip_config(projection_dim=16)),
            unet=UNet2DConditionModel(**{**UNET, **conditions}), scheduler=EulerDiscreteScheduler(),
            add_watermarker=False,
        )  # fmt: skip
    return _saved(pipeline, folder)


def flux2_klein(folder):
    """FLUX.2 klein: a transformer over packed latents, with a language model as its text encoder."""
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

    # Bytes 32 (a space) and 10 (a line) stand as Ġ and Ċ in vocabularies of this kind.
    names = [*LETTERS, "Ġ", "Ċ", "<|endoftext|>"]
    words = Qwen2TokenizerFast(vocab={name: number for number, name in enumerate(names)}, merges=[])
    words.pad_token = "<|endoftext|>"
    words.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    sizes = {**SIZES, "hidden_size": 8, "num_hidden_layers": 27, "num_key_value_heads": 2, "head_dim": 4}
    with _seeded():
        text = Qwen3ForCausalLM(Qwen3Config(vocab_size=len(names), **sizes))
        pipeline = Flux2KleinPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), vae=AutoencoderKLFlux2(**VAE),
            text_encoder=text, tokenizer=words, is_distilled=True,
            transformer=Flux2Transformer2DModel(
                in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8, num_attention_heads=2,
                joint_attention_dim=3 * 8, axes_dims_rope=(2, 2, 2, 2), timestep_guidance_channels=8,
                guidance_embeds=False,
            ),
        )  # fmt: skip
    return _saved(pipeline, folder)


def _clip_config(**changes):
    from transformers import CLIPTextConfig

    count = 2 * len(LETTERS) + 2
    ends = {"bos_token_id": count - 2, "eos_token_id": count - 1, "pad_token_id": count - 1}
    return CLIPTextConfig(vocab_size=count, max_position_embeddings=77, **SIZES, **ends, **changes)


def _clip_words(folder):
    """A tokenizer that knows single letters."""
    from transformers import CLIPTokenizer

    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def _saved(pipeline, folder):
    pipeline.save_pretrained(folder / "pipeline")
    return str(folder / "pipeline")


@contextmanager
def _seeded():
    """Random weights that are the same in every run."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield
