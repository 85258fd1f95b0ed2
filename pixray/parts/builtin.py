"""The parts that come with pixray, by kind and name. Data only: plugins are announced in the same form."""

from __future__ import annotations

BUILT_IN: dict[str, dict[str, str]] = {
    "drawer": {
        "clipdraw": "pixray.drawers.strokes.clipdraw:ClipDrawDrawer",
        "fft": "pixray.drawers.fft:FftDrawer",
        "line_sketch": "pixray.drawers.strokes.line_sketch:LineSketchDrawer",
        "multires": "pixray.drawers.multires:MultiresDrawer",
        "pixel": "pixray.drawers.pixel.drawer:PixelDrawer",
        "super_resolution": "pixray.drawers.super_resolution:SuperResolutionDrawer",
        "vqgan": "pixray.drawers.vqgan.drawer:VqganDrawer",
    },
    "loss": {
        "aesthetic": "pixray.losses.aesthetic:AestheticLoss",
        "edge": "pixray.losses.edge:EdgeLoss",
        "gaussian": "pixray.losses.gaussian:GaussianLoss",
        "ink": "pixray.losses.ink:InkLoss",
        "palette": "pixray.losses.palette:PaletteLoss",
        "resmem": "pixray.losses.resmem:ResmemLoss",
        "saturation": "pixray.losses.saturation:SaturationLoss",
        "smoothness": "pixray.losses.smoothness:SmoothnessLoss",
        "style": "pixray.losses.style:StyleLoss",
        "symmetry": "pixray.losses.symmetry:SymmetryLoss",
        "tv": "pixray.losses.tv:TotalVariation",
    },
    "filter": {
        "lookup": "pixray.filters.lookup:Lookup",
        "tiler": "pixray.filters.tiler:Tiler",
        "wallpaper": "pixray.filters.wallpaper:Wallpaper",
    },
    "perceptor": {
        "embedded": "pixray.perceptors.embedded:Embedded",
        "embedded-referee": "pixray.perceptors.embedded:Referee",
        "embedded-pixel": "pixray.perceptors.embedded:PixelGuide",
        "embedded-sketch": "pixray.perceptors.embedded:SketchGuide",
    },
    "provider": {
        "bfl": "pixray.providers.hosted.bfl:BlackForestLabs",
        "blockentropy": "pixray.providers.blockentropy:BlockEntropy",
        "comfyui": "pixray.providers.comfyui.provider:ComfyUI",
        "diffusers": "pixray.providers.diffusers:Diffusers",
        "fal": "pixray.providers.hosted.fal:Fal",
        "gemini": "pixray.providers.hosted.gemini:Gemini",
        "openai": "pixray.providers.openai:OpenAI",
        "openrouter": "pixray.providers.hosted.openrouter:OpenRouter",
        "pixray": "pixray.providers.pixray_server:PixrayServer",
        "regolo": "pixray.providers.regolo:Regolo",
        "replicate": "pixray.providers.hosted.replicate:Replicate",
        "sdapi": "pixray.providers.sdapi.provider:Sdapi",
        "stability": "pixray.providers.stability:Stability",
        "stability_rest": "pixray.providers.stability_rest:StabilityRest",
        "together": "pixray.providers.hosted.together:Together",
        "visioncraft": "pixray.providers.visioncraft:VisionCraft",
    },
    "cutouts": {
        "classic": "pixray.cutouts.classic:ClassicCutouts",
        "direct": "pixray.cutouts.direct:ZoomWide",
        "middle": "pixray.cutouts.middle:Middle",
        "steady": "pixray.cutouts.steady:Steady",
    },
    "optimizer": {
        "Adagrad": "torch.optim:Adagrad",
        "Adam": "pixray.optim.adam:Adam",
        "AdamP": "timm.optim:AdamP",  # timm comes with open_clip
        "AdamW": "torch.optim:AdamW",
        "Adamax": "torch.optim:Adamax",
        "DiffGrad": "pytorch_optimizer:DiffGrad",
        "NormalizedSGD": "pixray.optim.normalized_sgd:NormalizedSGD",
    },
    "recorder": {
        "console": "pixray.recorders.console:ConsoleRecorder",
        "json": "pixray.recorders.console:JsonRecorder",
        "notebook": "pixray.recorders.notebook:NotebookRecorder",
    },
}

EXTRAS: dict[str, tuple[str, str]] = {"pytorch_optimizer": ("pytorch-optimizer", "optimizers")}
"""Modules that come with an extra of pixray: the package that holds them, and the extra."""

ALIASES: dict[str, dict[str, str]] = {"drawer": {"fast_pixel": "pixel"}}
"""Old names that mean a part of another name."""

GONE: dict[str, dict[str, str]] = {
    "drawer": {"vdiff": "its models are no longer published; use a remote drawer such as openai"}
}
"""Old names without a successor: what to use instead."""
