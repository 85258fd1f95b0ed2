"""ComfyUI: graphs of the user and ready ones, inputs found by title or type, previews, uploads and cancelling."""

import asyncio
import io
import json
import struct
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from pixray.events import Drawn
from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.comfyui.feed import Feed, listening, preview_in
from pixray.providers.comfyui.graph import FAMILIES, ready_graph
from pixray.providers.comfyui.inputs import Place, filled, find, named_places
from pixray.providers.comfyui.provider import ComfyUI
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    DecodeError,
    ModelNotFound,
    ProtocolError,
    ProviderError,
    Transient,
    UnsupportedFeature,
)
from pixray.testing.fake_comfyui import FakeComfyUI
from pixray.testing.fake_server import FAKE_KEY, Scripted, as_json, fake_picture
from pixray.testing.provider_contract import check_provider


def png(colour, size=(64, 64), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


def own_graph(**titles):
    """A graph as somebody exports it: default titles, a text node for each of the two conditionings."""
    graph = {
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 5, "steps": 20, "cfg": 8, "sampler_name": "euler", "denoise": 1, "model": ["4", 0],
            "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 4}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "cat", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
    }  # fmt: skip
    for number, node in graph.items():
        node["_meta"] = {"title": titles.get(f"n{number}", node["class_type"])}
    return graph


@pytest.fixture
def paint(tmp_path):
    """A function that asks a fake for a picture, with a graph if one is given."""

    def ask(fake, graph=None, settings=None, previews=None, **changes):
        settings = dict(settings or {})
        if graph is not None:
            Path("graph.json").write_text(graph if isinstance(graph, str) else json.dumps(graph))
            settings["comfyui_graph"] = "graph.json"
        provider = ComfyUI(ComfyUI.Settings(**settings), key=lambda: None, url=fake.url)
        fields = {"prompts": (("a red circle", 1.0),), "width": 64, "height": 64, "seed": 7}
        request = ImageRequest(**{**fields, **provider.request_fields(), **changes})
        return Client(provider).start(request, previews.append if previews is not None else None)

    return ask


def sent_graph(fake):
    (received,) = [one for one in fake.requests if one.path == "/prompt"]
    return received.json()["prompt"]


def test_contract():
    with FakeComfyUI() as fake:
        check_provider(ComfyUI, fake)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("picture", "mask"), [(False, False), (True, False), (True, True)])
def test_every_ready_graph_has_an_input_for_everything_and_no_loose_end(family, picture, mask):
    graph = ready_graph(family, picture=picture, mask=mask)
    wanted = ["prompt", "negative", "seed", "steps", "guidance", "sampler", "model"]
    wanted += ["picture", "strength"] if picture else ["size"]
    for what in [*wanted, *(["mask"] if mask else [])]:
        assert len(find(graph, what, {})) == 1, what
    links = [value[0] for node in graph.values() for value in node["inputs"].values() if isinstance(value, list)]
    assert set(links) <= set(graph) and set(graph) - set(links) == {"7"}, "every node leads to the one that saves"


def test_a_ready_graph_paints_with_the_only_checkpoint(paint):
    with FakeComfyUI() as fake:
        result = paint(fake, settings={"comfyui_family": "sdxl", "comfyui_steps": 3}, negative="fog").result()
        graph = sent_graph(fake)
        assert graph["1"]["inputs"]["ckpt_name"] == "sd15.safetensors" == result.images[0].facts["model"]
        assert (graph["2"]["inputs"]["text"], graph["3"]["inputs"]["text"]) == ("a red circle", "fog")
        assert graph["4"]["inputs"] == {"width": 64, "height": 64, "batch_size": 1}
        assert (graph["5"]["inputs"]["seed"], graph["5"]["inputs"]["steps"]) == (7, 3)
        assert result.images[0].content == fake_picture("a red circle", 7, (64, 64))
        fake.models = ["a.safetensors", "b.safetensors"]
        with pytest.raises(UnsupportedFeature, match=r"--comfyui_model.*a\.safetensors, b\.safetensors"):
            paint(fake).result()


def test_inputs_of_an_exported_graph_are_found_by_what_they_lead_to(paint):
    with FakeComfyUI() as fake:
        paint(fake, own_graph(), negative="fog").result()
        graph = sent_graph(fake)
    assert (graph["6"]["inputs"]["text"], graph["7"]["inputs"]["text"]) == ("a red circle", "fog")
    assert graph["3"]["inputs"]["seed"] == 7 and graph["3"]["inputs"]["steps"] == 20
    assert graph["5"]["inputs"] == {"width": 64, "height": 64, "batch_size": 1}
    assert graph["4"]["inputs"]["ckpt_name"] == "sd15.safetensors"


def test_titles_come_before_types_and_named_inputs_before_both():
    graph = own_graph(n7="Prompt")
    assert find(graph, "prompt", {}) == [Place("7", ("text",))]
    named = named_places("prompt=6.text, seed=3, size=-", graph)
    assert find(graph, "prompt", named) == [Place("6", ("text",))]
    assert find(graph, "seed", named) == [Place("3", ("seed",))] and find(graph, "size", named) == []


def test_values_behind_links_and_in_two_texts_are_found():
    graph = own_graph()
    graph["20"] = {"class_type": "PrimitiveInt", "inputs": {"value": 4}}
    graph["3"]["inputs"]["seed"] = ["20", 0]
    graph["6"] = {"class_type": "CLIPTextEncodeSDXL", "inputs": {"text_g": "a", "text_l": "b", "width": 1024}}
    graph["21"] = {"class_type": "FluxGuidance", "inputs": {"conditioning": ["6", 0], "guidance": 3.5}}
    graph["3"]["inputs"]["positive"] = ["21", 0]
    places = {what: find(graph, what, {}) for what in ("prompt", "seed")}
    assert places == {"prompt": [Place("6", ("text_g", "text_l"))], "seed": [Place("20", ("value",))]}
    made = filled(graph, {"prompt": "x", "seed": 9}, places)
    assert made["6"]["inputs"]["text_g"] == made["6"]["inputs"]["text_l"] == "x" and made["20"]["inputs"]["value"] == 9
    assert graph["20"]["inputs"]["value"] == 4, "the graph itself stays as it was"


def test_graphs_with_guiders_have_their_inputs_found():
    graph = {
        "1": {"class_type": "RandomNoise", "inputs": {"noise_seed": 1}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "cat"}},
        "3": {"class_type": "BasicGuider", "inputs": {"conditioning": ["2", 0]}},
        "4": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["1", 0], "guider": ["3", 0]}},
        "5": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 8, "height": 8}},
    }
    assert [find(graph, what, {})[0].node for what in ("prompt", "seed", "size")] == ["2", "1", "5"]
    assert find(graph, "negative", {}) == []


def test_a_graph_that_loops_ends_the_search():
    graph = own_graph()
    graph["6"] = {"class_type": "A", "inputs": {"clip": ["8", 0]}}
    assert find(graph, "prompt", {}) == []


@pytest.mark.parametrize(
    ("graph", "changes", "match"),
    [
        ({"1": {"class_type": "SaveImage", "inputs": {}}}, {},
         r"no input for the prompt, the seed, the size.*--comfyui_inputs prompt=1\.text.*1 \(SaveImage\)"),
        (own_graph(), {"init": png("blue")}, "no input for the picture"),
        (own_graph(n6="prompt", n7="prompt"), {}, r"several nodes.*the prompt: 6 \(prompt\), 7 \(prompt\)"),
        ({"nodes": [], "links": []}, {}, r"Export \(API\)"),
        ("no json", {}, "is no JSON"),
        ("[]", {}, "no graph in the form"),
        ('{"1": {"class_type": 5}}', {}, "no graph in the form"),
        ("[" * 100_000, {}, "is no JSON"),
    ],
)  # fmt: skip
def test_what_a_graph_lacks_is_named_before_anything_is_sent(paint, graph, changes, match):
    with FakeComfyUI() as fake:
        with pytest.raises(UnsupportedFeature, match=match):
            paint(fake, graph, **changes).result()
        assert fake.requests == []


@pytest.mark.parametrize(
    ("inputs", "match"),
    [("prompt", "expected one of prompt"), ("colour=3.x", "expected one of"), ("prompt=99.text", "no node 99"),
     ("prompt=6.words", r"node 6 \(CLIPTextEncode\) has the inputs text, clip")],
)  # fmt: skip
def test_a_wrong_name_of_an_input_says_what_there_is(inputs, match):
    with pytest.raises(ValueError, match=match):
        named_places(inputs, own_graph())


def test_a_missing_file_is_one_sentence(paint):
    with FakeComfyUI() as fake, pytest.raises(UnsupportedFeature, match=r"'none\.json' cannot be read"):
        paint(fake, settings={"comfyui_graph": "none.json"}).result()


def test_pictures_are_uploaded_and_the_mask_is_white_where_to_repaint(paint):
    with FakeComfyUI() as fake:
        mask = png(255, mode="L")
        result = paint(fake, init=png("blue"), mask=mask, strength=0.6).result()
        graph = sent_graph(fake)
        assert result.images[0].usable and "4" not in graph
        assert fake.uploads[graph["8"]["inputs"]["image"]] == png("blue")
        assert fake.uploads[graph["10"]["inputs"]["image"]] == mask and graph["10"]["inputs"]["channel"] == "red"
        assert graph["5"]["inputs"]["denoise"] == 0.6 and graph["5"]["inputs"]["latent_image"] == ["11", 0]


def test_a_mask_by_transparency_goes_to_a_node_that_reads_it_so(paint):
    graph = own_graph()
    graph["10"] = {"class_type": "LoadImage", "inputs": {"image": "a.png"}, "_meta": {"title": "picture"}}
    graph["11"] = {"class_type": "LoadImage", "inputs": {"image": "b.png"}, "_meta": {"title": "mask"}}
    with FakeComfyUI() as fake:
        paint(fake, graph, init=png("blue"), mask=png(255, mode="L")).result()
        with Image.open(io.BytesIO(fake.uploads[sent_graph(fake)["11"]["inputs"]["image"]])) as sent:
            assert sent.getpixel((3, 3))[3] == 0


def test_unfinished_pictures_come_over_the_websocket(paint):
    previews = []
    with FakeComfyUI(pause=0.1) as fake:
        job = paint(fake, previews=previews)
        while not previews:
            assert not job.wait(0.01), "no preview came before the picture was done"
        job.result()
    assert len(previews) == 4 and all(preview.startswith(b"\xff\xd8\xff") for preview in previews)


def test_a_run_draws_the_unfinished_pictures(services, session):
    services["comfyui"].pause = 0.12
    run = session(drawer="comfyui", iterations=None, prompts="a red circle")
    saved = [event.save for event in run.run() if isinstance(event, Drawn)]
    assert saved[0] is False and saved[-1] is True


def test_without_a_websocket_the_picture_comes_all_the_same_and_it_is_said(paint, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    with FakeComfyUI() as fake:
        result = paint(fake).result()
    assert result.images[0].usable and any("pixray[comfyui]" in text for text in result.warnings)


def test_a_client_that_takes_over_the_socket_costs_previews_only(paint):
    previews = []
    with FakeComfyUI(pause=0.3) as fake:
        job = paint(fake, previews=previews)
        while not previews:
            assert not job.wait(0.01)
        for opened in list(fake.sockets.values()):
            opened.close()
        assert job.result().images[0].usable
        assert sum(received.path == "/prompt" for received in fake.requests) == 1


def test_cancelling_interrupts_the_job_that_runs(paint):
    with FakeComfyUI() as fake:
        fake.hang_next()
        job = paint(fake)
        _until(lambda: fake.running)
        job.cancel()
        assert job.wait(20) and fake.left.wait(20) and fake.interrupted.is_set()


def test_cancelling_a_job_that_waits_leaves_the_one_that_runs_alone(paint):
    with FakeComfyUI() as fake:
        fake.running = "somebody else's"
        job = paint(fake)
        _until(lambda: fake.pending)
        job.cancel()
        assert job.wait(20) and fake.left.wait(20) and not fake.pending and not fake.interrupted.is_set()


def test_a_run_that_is_stopped_takes_its_job_back(services, session):
    fake = services["comfyui"]
    fake.hang_next()
    run = session(drawer="comfyui", iterations=None)
    stopper = threading.Thread(target=lambda: (_until(lambda: fake.running), run.stop()))
    stopper.start()
    list(run.run())
    stopper.join()
    assert fake.interrupted.wait(20)


def test_an_endless_queue_ends_at_the_time_limit_and_is_left(paint):
    with FakeComfyUI() as fake:
        fake.running = "somebody else's"
        with pytest.raises(ProviderError, match=r"did not finish within 0\.5 s"):
            paint(fake, timeout=0.5).result()
        assert fake.left.wait(20) and sum(received.path == "/prompt" for received in fake.requests) == 1


def test_errors_of_nodes_are_told_with_the_node(paint):
    graph = own_graph()
    graph["4"]["inputs"]["ckpt_name"] = "other.safetensors"
    with (
        FakeComfyUI() as fake,
        pytest.raises(BadRequest, match=r"node 4 \(CheckpointLoaderSimple\): Value not in list"),
    ):
        paint(fake, graph).result()


def history(**entry):
    return lambda identifier: as_json({identifier: entry})


def failed(kind, **said):
    return history(status={"status_str": "error", "messages": [["execution_start", {}], [kind, said]]}, outputs={})


def made(**image):
    return history(status={"status_str": "success"}, outputs={"7": {"images": [image]}})


@pytest.mark.parametrize(
    ("path", "answer", "kind", "match"),
    [
        ("/history", failed("execution_error", node_id="5", node_type="KSampler", exception_message="out of memory"),
         Transient, r"failed at node 5 \(KSampler\): out of memory"),
        ("/history", failed("execution_interrupted"), Transient, "interrupted in ComfyUI"),
        ("/history", failed("strange"), Transient, "without saying why"),
        ("/history", history(status={"status_str": "error", "messages": 7}), Transient, "without saying why"),
        ("/history", history(outputs={}), ProtocolError, "without a picture"),
        ("/history", history(outputs=[1]), ProtocolError, "without a picture"),
        ("/history", history(outputs={"7": {"images": [{"filename": 5}]}}), ProtocolError, "without a picture"),
        ("/history", lambda _: as_json([]), ProtocolError, "without a history"),
        ("/history", lambda _: Scripted(body=b"<html></html>"), ProtocolError, "no JSON"),
        ("/history", made(filename="../../etc/passwd", subfolder="..", type="output"), ModelNotFound, "404"),
        ("/view", lambda _: Scripted(body=b"<html></html>"), DecodeError, "no PNG"),
        ("/view", lambda _: Scripted(body=png("red")[:60]), DecodeError, "damaged"),
        ("/view", lambda _: Scripted(302, headers={"location": "http://10.0.0.1/"}), ProtocolError, "elsewhere"),
        ("/view", lambda _: Scripted(body=b"x", length=10 << 30), ProtocolError, "announced"),
        ("/prompt", lambda _: as_json({}), ProtocolError, "prompt_id"),
        ("/prompt", lambda _: as_json({"prompt_id": "../x"}), ProtocolError, "prompt_id"),
        ("/prompt", lambda _: as_json([]), ProtocolError, "prompt_id"),
        ("/prompt", lambda _: Scripted(302, headers={"location": "http://10.0.0.1/"}), ProtocolError, "elsewhere"),
        ("/models", lambda _: as_json({"a": 1}), ProtocolError, "list of checkpoints"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_clear_error_and_nothing_is_submitted_twice(paint, path, answer, kind, match):
    with FakeComfyUI() as fake:
        usual = fake._respond

        def respond(received):
            if not received.path.startswith(path):
                return usual(received)
            return answer(received.path.rpartition("/")[2])

        fake._respond = respond
        with pytest.raises(kind, match=match):
            paint(fake).result()
        assert sum(received.path == "/prompt" for received in fake.requests) <= 1


def test_a_server_that_forgets_the_job_is_given_up(paint, monkeypatch):
    with FakeComfyUI() as fake:
        fake.hang_next()
        job = paint(fake)
        _until(lambda: fake.running)
        fake.running = None  # as after a restart
        with pytest.raises(Transient, match="no longer knows the job"):
            job.result()


def test_passing_failures_while_asking_do_not_lose_the_picture(paint):
    with FakeComfyUI(pause=0.2) as fake:
        usual, failures = fake._respond, [Scripted(502), Scripted(503), Scripted(500)]
        fake._respond = lambda received: (
            failures.pop() if failures and received.path.startswith("/history") else usual(received)
        )
        assert paint(fake).result().images[0].usable and not failures


@pytest.mark.parametrize(
    "message",
    [b"", b"\x00" * 8, b"\x00\x00\x00\x02" + bytes(50), struct.pack(">II", 4, 1 << 31) + bytes(9), "{", "[]", "null",
     '{"type": "executing", "data": 5}', "[" * 100_000, '{"type": ["executing"]}'],
)  # fmt: skip
def test_messages_that_make_no_sense_are_left_out(message):
    async def heard():
        feed = Feed()
        feed.hear(message)
        return await feed.news(0.01)

    assert asyncio.run(heard()) == []


def test_a_cancel_that_comes_together_with_news_is_not_lost():
    async def listen(feed):
        while True:
            await feed.news(60)

    async def cancelled():
        feed = Feed()
        listener = asyncio.ensure_future(listen(feed))
        await asyncio.sleep(0.01)
        feed.hear('{"type": "execution_success"}')
        listener.cancel()
        await asyncio.wait({listener}, timeout=5)
        return listener.cancelled()

    assert asyncio.run(cancelled())


def test_previews_are_read_from_both_kinds_of_messages():
    assert preview_in(struct.pack(">II", 1, 1) + b"jpeg") == b"jpeg"
    assert preview_in(struct.pack(">II", 4, 3) + b"{ }" + b"jpeg") == b"jpeg"


def test_a_socket_that_leads_elsewhere_is_not_followed():
    async def heard(url):
        async with listening(url, "me", {"authorization": "Bearer x"}) as feed:
            return feed.missing

    with FakeComfyUI() as other, FakeComfyUI() as fake:
        fake.script.append(Scripted(302, headers={"location": f"{other.url}/ws?clientId=me"}))
        assert asyncio.run(heard(fake.url)) is False
        assert other.requests == []


def test_a_key_is_sent_only_if_there_is_one_and_asked_for_by_name():
    request = ImageRequest(prompts=(("x", 1.0),), width=64, height=64, seed=7)
    with FakeComfyUI() as fake:
        Client(ComfyUI(key=lambda: FAKE_KEY, url=fake.url)).start(request).result()
        assert {received.headers.get("authorization") for received in fake.requests} == {f"Bearer {FAKE_KEY}"}
        fake.script.append(as_json({"error": "Unauthorized"}, 401))
        with pytest.raises(AuthError, match="COMFYUI_KEY"):
            Client(ComfyUI(key=lambda: None, url=fake.url)).start(request).result()
    with pytest.raises(Transient, match=r"no ComfyUI answers at http://127\.0\.0\.1:9"):
        Client(ComfyUI(key=lambda: None, url="http://127.0.0.1:9")).start(request).result()


def _until(condition):
    while not condition():
        time.sleep(0.005)
