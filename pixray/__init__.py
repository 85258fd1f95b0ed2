"""pixray: pictures from words, by letting CLIP steer a drawer.

    import pixray
    image = pixray.run("a yellow sun over a blue sea", drawer="pixel")

Importing this loads almost nothing; torch comes when a run is built.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pixray.runtime.version import __version__

# name -> (module, attribute); loaded on first use
_PUBLIC: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "reset_settings",
            "add_settings",
            "get_settings",
            "apply_settings",
            "do_init",
            "do_run",
            "run",
            "get_image",
            "stopped",
            "new_session",
            "add_custom_loss",
            "compare",
            "farm",
            "set_key",
            "register",
        ),
        ("pixray.api", ""),
    ),
    "Studio": ("pixray.api", "Studio"),
    "Session": ("pixray.engine.session", "Session"),
    "Drawer": ("pixray.drawers.base", "Drawer"),
    "Canvas": ("pixray.drawers.base", "Canvas"),
    "ParameterGroup": ("pixray.optim.parameter_group", "ParameterGroup"),
    "Loss": ("pixray.losses.base", "Loss"),
    "LossInputs": ("pixray.losses.base", "LossInputs"),
    "LossContext": ("pixray.losses.base", "LossContext"),
    "Cutouts": ("pixray.cutouts.base", "Cutouts"),
    "CutoutPlan": ("pixray.cutouts.base", "Plan"),
    "Recorder": ("pixray.recorders.base", "Recorder"),
    "Filter": ("pixray.filters.base", "Filter"),
    "Filtered": ("pixray.filters.base", "Filtered"),
    "Provider": ("pixray.providers.base", "Provider"),
    "Perceptor": ("pixray.perceptors.base", "Perceptor"),
    "setting": ("pixray.settings.declare", "setting"),
    "load_settings": ("pixray.api", "load_settings"),
    "PixrayError": ("pixray.errors", "PixrayError"),
    "SettingsError": ("pixray.errors", "SettingsError"),
    "InvalidPart": ("pixray.errors", "InvalidPart"),
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604, the names are strings

if TYPE_CHECKING:
    # `X as X` says that a name is meant for others, which `mypy --strict` asks for.
    from pixray.api import Studio as Studio
    from pixray.api import load_settings as load_settings
    from pixray.api import studio
    from pixray.cutouts.base import Cutouts as Cutouts
    from pixray.cutouts.base import Plan as CutoutPlan
    from pixray.drawers.base import Canvas as Canvas
    from pixray.drawers.base import Drawer as Drawer
    from pixray.engine.session import Session as Session
    from pixray.errors import InvalidPart as InvalidPart
    from pixray.errors import PixrayError as PixrayError
    from pixray.errors import SettingsError as SettingsError
    from pixray.filters.base import Filter as Filter
    from pixray.filters.base import Filtered as Filtered
    from pixray.losses.base import Loss as Loss
    from pixray.losses.base import LossContext as LossContext
    from pixray.losses.base import LossInputs as LossInputs
    from pixray.optim.parameter_group import ParameterGroup as ParameterGroup
    from pixray.perceptors.base import Perceptor as Perceptor
    from pixray.providers.base import Provider as Provider
    from pixray.recorders.base import Recorder as Recorder
    from pixray.settings.declare import setting as setting

    add_custom_loss = studio.add_custom_loss
    add_settings = studio.add_settings
    compare = studio.compare
    farm = studio.farm
    set_key = studio.set_key
    apply_settings = studio.apply_settings
    do_init = studio.do_init
    do_run = studio.do_run
    get_image = studio.get_image
    new_session = studio.new_session
    get_settings = studio.get_settings
    register = studio.register
    reset_settings = studio.reset_settings
    run = studio.run
    stopped = studio.stopped


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pixray' has no attribute '{name}'")
    module, attribute = _PUBLIC[name]
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else getattr(loaded.studio, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
