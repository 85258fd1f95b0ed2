"""Secrets are masked by value before anything is written: keys that services repeat, tokens in addresses."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from pixray.cli.main import main
from pixray.images.encode import png_bytes
from pixray.providers.base import ImageRequest
from pixray.providers.cache import Cache
from pixray.providers.client import Client
from pixray.providers.openai import OpenAI
from pixray.runtime.redact import redacted, without_secrets
from pixray.testing.fake_server import FAKE_KEY, Scripted
from pixray.testing.fake_services import FakeOpenAI

TOKEN = "geheim-7f3a"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://a.example/x.png?token=abc:0.5", "https://a.example/x.png?token=***:0.5"),
        ("https://a.example/x.png?w=640&format=png", "https://a.example/x.png?w=640&format=png"),
        (
            "https://a.example/x?X-Amz-Credential=a&X-Amz-Signature=b",
            "https://a.example/x?X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        ("http://me:pw@a.example/x.png", "http://***@a.example/x.png"),
        ("https://a.example/x?" + "Aa1" * 9, "https://a.example/x?***"),
        ("https://a.example/x#access_token=abc", "https://a.example/x#access_token=***"),
        ("a token of love?key=1", "a token of love?key=1"),
    ],
)
def test_what_may_be_secret_in_an_address_is_masked(text, masked):
    assert without_secrets(text) == masked == without_secrets(masked)
    assert redacted({"a": [text, 3, (text,)]}) == {"a": [masked, 3, [masked]]}


def holding(folder, secret):
    """Files below a folder that hold a secret, as bytes or in a text of a picture."""
    found = []
    for path in Path(folder).rglob("*"):
        if path.is_file():
            texts = Image.open(path).info if path.suffix == ".png" else {}
            if secret.encode() in path.read_bytes() or secret in repr(texts):
                found.append(path.name)
    return found


@pytest.mark.parametrize("compressed", [False, True])
def test_a_service_that_echoes_its_key_in_a_good_answer_has_it_nowhere_on_disk(tmp_path, compressed):
    facts = PngImagePlugin.PngInfo()
    facts.add_text("comment", f"made for {FAKE_KEY}", zip=compressed)
    buffer = io.BytesIO()
    Image.new("RGB", (1024, 1024), "red").save(buffer, format="PNG", pnginfo=facts)
    picture = base64.b64encode(buffer.getvalue()).decode()
    answer = {"created": 1, "data": [{"b64_json": picture, "revised_prompt": f"a circle, by {FAKE_KEY}"}]}
    provider = OpenAI(OpenAI.Settings(openai_model="gpt-image-1.5"), key=lambda: FAKE_KEY)
    request = ImageRequest(prompts=(("a circle", 1.0),), width=1024, height=1024, **provider.request_fields())
    with FakeOpenAI() as fake:
        provider.url = fake.url
        fake.script.append(
            Scripted(
                body=json.dumps(answer).encode(), headers={"content-type": "application/json", "x-request-id": FAKE_KEY}
            )
        )
        result = Client(provider, cache=Cache(tmp_path / "kept"), caching="replay").start(request).result()
    assert list((tmp_path / "kept").iterdir()) and not holding(tmp_path / "kept", FAKE_KEY)
    (image,) = result.images
    assert image.usable and image.picture().getpixel((3, 3)) == (255, 0, 0) and FAKE_KEY not in repr(image)
    assert image.revised_prompt == "a circle, by ***"


@pytest.fixture
def gallery():
    """A server whose pictures need a token."""
    png = png_bytes(np.full((16, 24, 3), 200, np.uint8))

    class Guarded(BaseHTTPRequestHandler):
        def do_GET(self):
            welcome = f"token={TOKEN}" in self.path
            self.send_response(200 if welcome else 403)
            self.end_headers()
            self.wfile.write(png if welcome else b"")

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x.png?token={TOKEN}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("setting", ["init_image", "image_prompts", "target_images", "overlay_image", "palette"])
def test_a_token_in_the_address_of_a_picture_is_written_nowhere(gallery, setting, capsys):
    words = ["--prompts", "red", "--drawer", "pixel", "--size", "24x16", "--iterations", "2", "--num_cuts", "2"]
    words += [
        "--perceptors",
        "embedded",
        "--pixel_svg",
        "yes",
        "--filters",
        "lookup" if setting == "palette" else "none",
    ]
    assert main([*words, f"--{setting}", gallery, "--outdir", "run", "--json"]) == 0
    assert not holding("run", TOKEN) and TOKEN not in "".join(capsys.readouterr())
    assert "token=***" in Path("run/settings.yaml").read_text()
    assert main(["rerun", "run/output.png", "--trust", "--outdir", "again", "--quiet"]) in (1, 2)
    assert "give the address once more" in capsys.readouterr().err
