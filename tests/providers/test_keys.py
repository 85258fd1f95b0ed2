"""No file that a failed request leaves holds the key, whatever the service says."""

import base64

import pytest

from pixray.cli.main import main
from pixray.registry import BUILT_IN, Registry
from pixray.testing.fake_server import FAKE_KEY, as_json

WITH_KEY = [name for name in Registry(BUILT_IN).names("provider") if name not in ("diffusers", "pixray", "stability")]
"""Services over HTTP that are sent a key."""


@pytest.fixture
def paint(capsys):
    """A function that paints with a service, and gives what the command said."""

    def run(name, *words):
        common = ["--prompts", "a red circle", "--size", "64", "64", "--perceptors", "embedded", "--seed", "3"]
        code = main(["--drawer", name, *common, *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def shapes_of_the_key(fake):
    """The key as it is, and as it is sent where it is a user and a password."""
    whole = fake.key.encode()
    return {FAKE_KEY.encode(), whole, base64.b64encode(whole)} if b":" in whole else {whole}


def holding(folder, shapes):
    """Files below a folder that hold one of these."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, "there is something to look at"
    return [path for path in files if any(shape in path.read_bytes() for shape in shapes)]


@pytest.mark.parametrize("name", WITH_KEY)
def test_a_service_that_repeats_the_key_in_its_refusal_does_not_get_it_into_a_file(services, paint, tmp_path, name):
    fake = services[name]
    shapes = shapes_of_the_key(fake)
    complaint = " ".join(shape.decode() for shape in shapes)
    refusal = {"error": {"message": complaint, "code": fake.key}, "detail": complaint}
    fake._respond = lambda received: as_json(refusal, 400)
    code, said = paint(name, "--outdir", "kept")
    assert code != 0 and not any(shape.decode() in said for shape in shapes), said
    assert not holding(tmp_path, shapes)
