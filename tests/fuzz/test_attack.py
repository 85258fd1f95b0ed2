import random
import runpy
from pathlib import Path

from pixray.serve.request import checked_layers

ATTACK = runpy.run_path(str(Path(__file__).parent / "server.py"))


def test_nonsense_in_requests_is_told_or_understood_and_nothing_else(registry):
    import json

    from pixray.errors import SettingsError
    from pixray.settings.layers import Layer, Leave

    draw, outcomes = random.Random(1), {"layers": 0, "mistakes": 0}
    for _ in range(150):
        _, content, _, _ = ATTACK["fuzzed"](draw, ["prompts", "seed", "palette", "init_image", "settings", "size", "x"])
        try:
            body = json.loads(content)
        except ValueError:
            continue
        try:
            layers = checked_layers(registry, body.get("input"), Leave(addresses=True))
            outcomes["layers"] += all(isinstance(layer, Layer) for layer in layers)
        except SettingsError as error:
            outcomes["mistakes"] += all(isinstance(problem, str) for problem in error.problems)
    assert outcomes["layers"] > 5 and outcomes["mistakes"] > 50
