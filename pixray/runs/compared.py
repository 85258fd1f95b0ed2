"""A comparison from its settings to its page, for callers that only want what came out."""

from __future__ import annotations

from typing import Any

from pixray.recorders.staging import folder_of_many
from pixray.runs.compare import Comparison
from pixray.runs.report.compare_page import write_comparison
from pixray.runtime.signals import graceful


def compare_all(outdir: str, on: str | None = None, **given: Any) -> Comparison:
    """Paint all runs and write the page, the sheet and the JSON.

    Args:
        outdir: the folder, or its address in a store; on: the cluster that paints.
        given: as `Comparison` takes it.

    Raises:
        PixrayError, SettingsError: as `Comparison`.
    """
    with folder_of_many(outdir, on) as (folder, staged):
        comparison = Comparison(folder=folder, on=on, staged=staged, **given)
        with graceful(comparison):
            for _ in comparison.run():
                pass
        write_comparison(comparison.folder, comparison.as_json())
    return comparison
