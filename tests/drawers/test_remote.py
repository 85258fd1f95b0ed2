import dataclasses
import io
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.cli.main import main
from pixray.errors import PixrayError, SettingsError
from pixray.events import Drawn, Noticed
from pixray.images.fit import cut_to, placed_in
from pixray.providers.errors import AuthError, BudgetExceeded, ContentFiltered, UnsupportedFeature
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.registry import BUILT_IN, Registry
from pixray.testing.contracts import check_drawer
from pixray.testing.fake_server import FAKE_KEY, Scripted, fake_picture
from pixray.testing.fake_services import openai_error


@pytest.fixture
def remote(session):
    """A function that builds a tiny run with as many steps as the drawer supplies."""
    return lambda **changes: session(**{"iterations": None, **changes})


def painted(run):
    events = list(attach(run.run(), FileRecorder(run.settings)))
    (path,) = Path().rglob("output.png")
    return events, path


def test_contract(services):
    registry = Registry(BUILT_IN)
    for name in services:
        check_drawer(registry.load("drawer", name))


@pytest.mark.parametrize(
    "name",
    ["openai", "regolo", "visioncraft", "blockentropy", "stability_rest", "stability", "sdapi", "comfyui", "bfl", "fal",
     "replicate", "together", "openrouter", "gemini"],
)  # fmt: skip
def test_every_service_is_a_drawer(name, services, remote):
    if name not in services:
        pytest.skip("grpcio is not installed")
    plain = {"stability_plaintext": True} if name == "stability" else {}
    run = remote(drawer=name, prompts="a red circle", **plain)
    assert run.steps == 1
    events, path = painted(run)
    with Image.open(path) as picture:
        assert picture.size == (24, 16) and picture.text["pixray_provider"] == name
        assert picture.text["pixray_cost"].startswith(("unknown", "about 0", "0 (free)"))
        assert "pixray_model" in picture.text
        assert json.loads(picture.text["pixray_record"])["drawer"] == name
        red, green, _ = picture.convert("RGB").getpixel((12, 8))
        assert red > green
    assert path.with_name("output_full.png").is_file()
    assert events[-1].reason == "complete" and events[-1].best is not None


def test_candidates_take_seeds_of_their_own_and_the_best_by_score_is_kept(services, remote):
    run = remote(drawer="blockentropy", iterations=3, seed=5, prompts="red")
    _, path = painted(run)
    sent = [received.json()["n"] for received in services["blockentropy"].requests]
    assert sent == [5, 1005, 2005]
    with Image.open(path) as picture:
        assert int(picture.text["pixray_service_seed"]) == 5 + 1000 * (run.optimizer.best_step - 1)
    assert len(list(path.parent.glob("output_candidate_*.png"))) == 3


def test_the_size_is_rounded_fitted_back_and_said(services, remote):
    run = remote(drawer="regolo", iterations=1, size=[96, 54])
    events, path = painted(run)
    assert services["regolo"].requests[0].json()["size"] in ("256x256", "512x512", "1024x1024")
    assert any("fitted to 96x54" in event.text for event in events if isinstance(event, Noticed))
    with Image.open(path) as picture:
        assert picture.size == (96, 54)


def test_what_is_fitted_in_is_cut_out_at_the_same_place():
    picture = Image.effect_noise((96, 54), 80).convert("RGB").resize((960, 540))
    around = placed_in(picture, (1024, 1024))
    assert around.size == (1024, 1024)
    back = cut_to(around, (960, 540))
    difference = sum(abs(a - b) for a, b in zip(back.tobytes(), picture.tobytes(), strict=True)) / len(back.tobytes())
    assert difference < 3


def test_weights_and_negative_prompts_are_mapped_or_said(services, remote):
    run = remote(drawer="blockentropy", iterations=1, prompts=["a barn", "a red sky:1.5", "fog:-1"], seed=3)
    painted(run)
    body = services["blockentropy"].requests[0].json()
    assert body["prompt"] == "a barn, (a red sky)1.5" and body["negprompt"] == "fog"
    run = remote(drawer="regolo", iterations=1, prompts=["a barn", "a red sky:1.5", "fog:-1"])
    texts = [event.text for event in run.run() if isinstance(event, Noticed)]
    assert any("no weights" in text for text in texts) and any("no negative" in text for text in texts)
    assert services["regolo"].requests[0].json()["prompt"] == "a barn, a red sky"


def test_a_start_picture_and_a_mask_go_to_services_that_take_them(services, remote, tmp_path):
    Image.new("RGB", (24, 16), "blue").save("start.png")
    half = Image.new("L", (24, 16), 0)
    half.paste(255, (12, 0, 24, 16))
    half.save("mask.png")
    run = remote(drawer="blockentropy", iterations=1, init_image="start.png", remote_mask="mask.png", prompts="red")
    _, path = painted(run)
    with Image.open(path) as picture:
        left, right = picture.convert("RGB").getpixel((2, 8)), picture.convert("RGB").getpixel((21, 8))
    assert left == (0, 0, 255) and right[0] > right[2], "only the white half of the mask is repainted"
    with pytest.raises(UnsupportedFeature, match="no start picture"):
        list(remote(drawer="regolo", iterations=1, init_image="start.png").run())
    assert services["regolo"].requests == []
    with pytest.raises(SettingsError, match="init_image"):
        remote(drawer="blockentropy", remote_mask="mask.png")


def test_the_pose_is_kept_beside_the_picture(services, remote):
    Image.new("RGB", (24, 16), "blue").save("dancer.png")
    run = remote(drawer="blockentropy", init_image="dancer.png", remote_control="pose", prompts="a robot")
    _, path = painted(run)
    assert services["blockentropy"].requests[0].fields()["user"] == "cn"
    with Image.open(path.with_name("output_pose.png")) as pose:
        assert pose.size == (256, 256) or pose.size[0] == pose.size[1]


def test_unfinished_pictures_are_shown_as_steps(services, remote):
    run = remote(drawer="openai", openai_partial_images=2, openai_model="gpt-image-1.5")
    shown = [event.save for event in run.run() if isinstance(event, Drawn)]
    assert shown == [False, False, True, True]


def test_a_repeated_run_costs_nothing(services, remote):
    for _ in range(2):
        list(remote(drawer="blockentropy", iterations=2, seed=9).run())
    assert len(services["blockentropy"].requests) == 2
    for mode, sent in (("auto", 1), ("auto", 2), ("replay", 3), ("replay", 3)):
        list(remote(drawer="openai", remote_cache=mode, seed=9).run())
        assert len(services["openai"].requests) == sent


def test_a_budget_ends_a_run_before_the_next_submission(services, remote):
    run = remote(drawer="openai", iterations=4, max_requests=2)
    notices = [event.text for event in run.run() if isinstance(event, Noticed)]
    assert len(services["openai"].requests) == 2 and any("max_requests=2" in text for text in notices)
    run = remote(drawer="openai", iterations=4, max_cost=0.1, prices="openai:0.04")
    list(run.run())
    assert len(services["openai"].requests) == 4
    with pytest.raises(BudgetExceeded):
        list(remote(drawer="openai", max_requests=0).run())
    with pytest.raises(SettingsError, match="prices=openai:AMOUNT"):
        remote(drawer="openai", max_cost=1.0)


def test_a_failed_candidate_leaves_the_others(services, remote):
    services["openai"].script.extend(
        [openai_error(400, "no", "invalid_value"), openai_error(400, "n", "invalid_value")]
    )
    run = remote(drawer="openai", iterations=3)
    events, path = painted(run)
    assert path.is_file() and sum("candidate" in event.text for event in events if isinstance(event, Noticed)) == 2


def test_a_refused_prompt_ends_a_run_with_the_reason(services, remote):
    services["openai"].script.append(openai_error(400, "Your request was rejected.", "moderation_blocked"))
    with pytest.raises(ContentFiltered, match=r"rejected"):
        list(remote(drawer="openai").run())


def test_no_key_no_request(services, remote, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(AuthError, match="OPENAI_API_KEY"):
        list(remote(drawer="openai").run())
    assert services["openai"].requests == []


def test_keys_may_come_from_a_callable(services, remote, registry, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    registry.keys["openai"] = lambda: FAKE_KEY
    list(remote(drawer="openai").run())
    assert services["openai"].requests[0].headers["authorization"] == f"Bearer {FAKE_KEY}"


def test_a_candidate_brings_its_facts_along_wherever_its_picture_lies(services, remote):
    drawer = remote(drawer="openai").drawer
    (candidate,) = [proposal for proposal in drawer.propose(0) if proposal.finished]
    drawer.accept(dataclasses.replace(candidate, image=candidate.image.clone()))
    assert drawer.facts()["pixray_provider"] == "openai"


def test_stopping_a_run_lets_go_of_the_service_within_a_second(services, remote):
    services["openai"].hang_next()
    run = remote(drawer="openai")
    stopper = threading.Thread(target=lambda: (_until(lambda: services["openai"].requests), run.stop()))
    stopper.start()
    _until_stopped(run)
    stopper.join()
    assert services["openai"].left.wait(20)


def _until(condition):
    while not condition():
        time.sleep(0.005)


def _until_stopped(run):
    begun = None
    for _ in run.run():
        begun = begun or (time.monotonic() if run.stopping else None)
    assert run.stopping and (begun is None or time.monotonic() - begun < 1)


def test_another_drawer_can_start_from_a_service(services, remote):
    run = remote(drawer="pixel", init_from="blockentropy", prompts="a red circle", iterations=0, init_image_alpha=255)
    events, path = painted(run)
    assert any("blockentropy made" in event.text for event in events if isinstance(event, Noticed))
    with Image.open(path) as picture:
        assert picture.text["pixray_provider"] == "blockentropy" and picture.text["pixray_service_seed"] == "1"
        red, green, blue = picture.convert("RGB").getpixel((12, 8))
    assert red > green + 30 and red > blue + 30, "the grid of cells begins as the picture of the service"


@pytest.mark.parametrize("drawer", ["pixel", "clipdraw", "line_sketch", "vqgan"])
def test_a_draft_of_a_server_of_this_machine_becomes_pixels_strokes_and_codes(drawer, services, remote):
    run = remote(drawer=drawer, init_from="sdapi", prompts="a red circle", iterations=1, size=[64, 64])
    _, path = painted(run)
    with Image.open(path) as picture:
        assert picture.text["pixray_provider"] == "sdapi" and picture.text["pixray_server"] == "Stable Diffusion WebUI"
        assert picture.text["pixray_cost"] == "0 (free)"
        painted_over, seed = np.asarray(picture.convert("RGB"), float), int(picture.text["pixray_service_seed"])
    draft = np.asarray(Image.open(io.BytesIO(fake_picture("a red circle", seed, (64, 64)))).convert("RGB"), float)
    if drawer in ("pixel", "vqgan"):
        shown, wanted = painted_over[..., 0] - painted_over[..., 1], draft[..., 0] - draft[..., 1]
    else:  # strokes lie along the rim of the disc
        ground = np.median(painted_over.reshape(-1, 3), 0)
        shown, wanted = np.abs(painted_over - ground).sum(2), np.hypot(*np.gradient(draft[..., 0]))
    shown, wanted = (_blurred(values) for values in (shown, wanted))
    assert np.corrcoef(shown.ravel(), wanted.ravel())[0, 1] > 0.3, "the draft is seen"


def _blurred(values):
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((12, 12), Image.Resampling.BOX))


def test_an_unknown_service_to_start_from_is_named(resolve):
    with pytest.raises(SettingsError, match=r"unknown provider 'openay'.*Did you mean 'openai'"):
        resolve(drawer="pixel", init_from="openay")
    assert resolve(drawer="pixel", init_from="openai", openai_quality="low").openai_quality == "low"
    assert resolve(drawer="openai", init_from="openai").drawer == "openai"


def test_a_search_of_services_can_be_continued_with_its_facts(services, remote):
    first, second = (remote(drawer="blockentropy", iterations=2, remote_cache="off") for _ in range(2))
    list(first.run())
    second.restore(first.state())
    assert second.drawer.facts() == first.drawer.facts() != {}
    shown = torch.zeros(1, 3, 8, 8)
    assert second.drawer.files(shown) == first.drawer.files(shown) and len(first.drawer.files(shown)) == 3


def test_a_search_that_is_resumed_counts_its_candidates_on_and_can_be_painted_over(services):
    words = "--drawer openai --prompts red --size 64 64 --perceptors embedded --seed 5 --outdir kept --quiet".split()
    assert main([*words, "--iterations", "2"]) == 0
    before = [_pixels(f"kept/output_candidate_{number}.png") for number in (1, 2)]
    assert main(["resume", "kept", "--iterations", "+1", "--quiet"]) == 0
    after = [_pixels(f"kept/output_candidate_{number}.png") for number in (1, 2, 3)]
    assert after[:2] == before and after[2] not in before
    assert main([*words, "--iterations", "1"]) == 0, "every file is known as a file of the run"


def _pixels(path):
    with Image.open(path) as picture:
        return picture.tobytes()


def test_a_damaged_checkpoint_of_a_service_is_one_sentence(services, remote):
    run = remote(drawer="blockentropy", iterations=2)
    list(run.run())
    for name, content in (("candidates", b"[{}]"), ("facts", b"no json"), ("candidate0.0", b"<svg>")):
        state = run.drawer.state()
        state[name] = torch.tensor(list(content), dtype=torch.uint8)
        with pytest.raises(PixrayError, match="damaged in the checkpoint"):
            run.drawer.restore(state)


def test_no_file_of_a_run_holds_the_key(services, remote, tmp_path):
    for name in services:
        plain = {"stability_plaintext": True} if name == "stability" else {}
        painted_run = remote(drawer=name, iterations=2, remote_cache="replay", **plain)
        list(attach(painted_run.run(), FileRecorder(painted_run.settings)))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if FAKE_KEY.encode() in path.read_bytes()]


def test_a_picture_of_a_strange_shape_is_cut_to_the_canvas(services, remote):
    services["visioncraft"].script.append(Scripted(body=fake_picture("red", 1, (300, 100))))
    run = remote(drawer="visioncraft", size=[64, 64])
    _, path = painted(run)
    with Image.open(path) as picture:
        assert picture.size == (64, 64) and picture.text["pixray_service_size"] == "300x100"


def test_a_file_of_a_stranger_cannot_say_where_keys_are_sent(services, registry, tiny):
    from pixray.models.store import ModelStore
    from pixray.runs.start import build_run
    from pixray.settings.resolve import resolve

    Path("stranger.yaml").write_text(f"openai_url: {services['regolo'].url}\n")
    settings = resolve(registry, {**tiny, "drawer": "openai", "iterations": 1, "config_file": "stranger.yaml"})
    with pytest.raises(SettingsError, match=r"openai_url \(from stranger.yaml\).*OPENAI_BASE_URL"):
        build_run(settings, registry, ModelStore())
    mine = ["--openai_url", services["openai"].url]
    settings = resolve(registry, {**tiny, "drawer": "openai", "iterations": 1, "config_file": "stranger.yaml"}, mine)
    list(build_run(settings, registry, ModelStore()).run())
    assert len(services["openai"].requests) == 1 and services["regolo"].requests == []


def test_what_a_service_cuts_off_is_told_for_prompts_and_for_negative_prompts():
    from pixray.drawers.remote.order import request_for
    from pixray.settings.resolve import resolve

    registry, heard = Registry(BUILT_IN), []
    long = "tree " * 75
    given = {"drawer": "stability", "prompts": f"{long}house|red", "negative_prompt": f"{long}frame"}
    provider = registry.load("provider", "stability")()
    request_for(provider, resolve(registry, given), 1, (64, 64), None, heard.append)
    told = [text for text in heard if "not read" in text]
    assert [text.rpartition("not read: ")[2] for text in told] == ["'house'", "'frame'"]
    assert told[0].startswith("stability reads the first 75 words") and told[1].startswith("negative_prompt: ")
