"""Files that are called checkpoints: whatever they are, they are read or refused with one sentence, in bounded time."""

import io
import pickle
import struct
import time
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pixray.errors import ModelUnavailable, PixrayError, UnsafeFile
from pixray.models.safe_load import read_tensors, tensor_names
from pixray.models.verify import incomplete

TENSORS = {
    "transposed": torch.arange(12.0).view(3, 4).t(),
    "half": torch.tensor([0.5, -1.0]).half(),
    "brain": torch.tensor([0.5, -1.0]).bfloat16(),
    "eight": torch.tensor([0.5, -1.0]).to(torch.float8_e4m3fn),
    "number": torch.tensor(3),
    "empty": torch.zeros(0, 3),
    "part": torch.arange(8.0)[2:5],
    "truth": torch.tensor([True, False]),
    "parameter": torch.nn.Parameter(torch.arange(3.0)),
}


def saved(content, path="file.ckpt", **how):
    torch.save(content, path, **how)
    return Path(path)


def refused(path, kind=ModelUnavailable):
    begun = time.process_time()
    with pytest.raises(kind) as caught:
        read_tensors(path)
    said = str(caught.value)
    assert time.process_time() - begun < 5 and str(path) in said
    assert said.isprintable() and len(said) < 700 and "weights_only" not in said and "torch.load" not in said, said
    return said


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("key", ["state_dict", "params_ema", "params", "model", None])
def test_tensors_of_every_kind_are_as_torch_reads_them(key, legacy):
    # Numbers of eight bits are younger than the old format, and torch cannot read them from it.
    given = {name: tensor for name, tensor in TENSORS.items() if not legacy or name != "eight"}
    path = saved({key: given, "epoch": 3} if key else given, _use_new_zipfile_serialization=not legacy)
    tensors, torchs = read_tensors(path), torch.load(path, weights_only=True)
    torchs = torchs[key] if key else torchs
    assert list(tensors) == list(torchs) == tensor_names(path)
    for name, tensor in tensors.items():
        assert tensor.dtype == torchs[name].dtype and tensor.stride() == torchs[name].clone().stride()
        assert torch.equal(tensor.float(), torchs[name].float())


def test_a_module_saved_with_its_metadata_is_read_and_only_what_is_wanted():
    path = saved(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict())
    assert list(read_tensors(path, lambda name: name.startswith("1."))) == [
        *("1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked")
    ]


def test_what_was_read_outlives_the_file():
    path = saved({"a": torch.ones(1000)})
    tensor = read_tensors(path)["a"]
    path.write_bytes(bytes(path.stat().st_size))
    assert tensor.sum() == 1000


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("ending", [".safetensors", ".ckpt", ".pth"])
def test_a_file_under_a_wrong_ending_is_read_for_what_it_is(ending, legacy):
    path = saved({"a": torch.ones(2)}, f"torch{ending}", _use_new_zipfile_serialization=not legacy)
    assert (read_tensors(path)["a"].tolist() == [1, 1] and incomplete(path) is None) or legacy
    save_file({"a": torch.ones(2)}, f"safe{ending}")
    assert read_tensors(Path(f"safe{ending}"))["a"].tolist() == [1, 1] and incomplete(Path(f"safe{ending}")) is None
    assert tensor_names(Path(f"safe{ending}")) == ["a"]


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\n <!DOCTYPE html><title>Too many requests</title>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "is a pointer of Git LFS"),
        (b'{"error": "not found"}', "is a JSON text"),
        (b"\x1f\x8b\x08\0\0", "is a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"", "is empty"),
    ],
)
def test_something_else_under_the_name_of_a_checkpoint_is_told_apart(content, kind, ending):
    path = Path(f"file{ending}")
    path.write_bytes(content)
    assert kind in refused(path) and kind.removeprefix("is ") in incomplete(path)


@pytest.mark.parametrize(
    ("name", "content"), [("config.json", b'{"a": 1}'), ("vocabulary.txt.gz", b"\x1f\x8b\x08\0\0")]
)
def test_a_configuration_or_a_vocabulary_of_a_model_is_no_stranger_in_its_folder(name, content):
    Path(name).write_bytes(content)
    assert incomplete(Path(name)) is None
    Path(name).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    assert "Git LFS" in incomplete(Path(name))


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess.Popen", "runpy.run_path"])
def test_what_only_an_attack_needs_is_refused_by_name(name, legacy):
    module, _, function = name.rpartition(".")
    call = Call(getattr(__import__(module), function), "open('owned', 'w')")
    said = refused(saved({"a": torch.ones(1), "b": call}, _use_new_zipfile_serialization=not legacy), UnsafeFile)
    assert function in said and not Path("owned").exists()


@pytest.mark.parametrize("place", ["value", "key", "inside", "around"])
def test_calls_of_other_modules_never_run_wherever_they_stand(place):
    call = Call(Path.touch, Path("owned"))
    content = {"a": torch.ones(1)}
    content |= {"value": {"b": call}, "key": {call: 1}, "inside": {"b": [(call, {"c": call})]}, "around": {}}[place]
    path = saved(content if place != "around" else Call(_call_with, content, call))
    if place == "around":
        assert "_call_with" in refused(path)
    else:
        assert read_tensors(path)["a"].tolist() == [1]
    assert not Path("owned").exists()


def _call_with(*_):
    raise AssertionError("code of a checkpoint ran")


def test_a_whole_pickled_model_is_named():
    assert "an object of the class 'torch.nn.modules.linear.Linear'" in refused(saved(torch.nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (lambda: torch.eye(3).to_sparse(), "sparse"),
        (lambda: torch.eye(3).to_sparse_csr(), "sparse"),
        (lambda: torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.quint8), "quantised"),
        (lambda: torch.empty(3, device="meta"), "meta"),
        (lambda: torch.ones(2, dtype=torch.complex64), "of an unknown number format"),
        (lambda: torch.ones(1).expand(10**12), "larger than the numbers stored for it"),
    ],
)
def test_a_tensor_of_another_kind_is_named_where_it_is_wanted(tensor, kind):
    path = saved({"state_dict": {"odd": tensor(), "plain": torch.ones(1)}})
    assert f"its odd is a tensor that is {kind}" in refused(path)
    assert read_tensors(path, lambda name: name == "plain")["plain"].tolist() == [1]


def archive(pickled, path="file.ckpt", compress=zipfile.ZIP_STORED, **entries):
    with zipfile.ZipFile(path, "w", compress) as file:
        file.writestr("a/data.pkl", pickled)
        file.writestr("a/version", "3\n")
        for name, content in entries.items():
            file.writestr(f"a/{name}", content)
    return Path(path)


def nested_keys(depth):
    """A dictionary with a key whose hash takes 2 ** depth steps."""
    return b"\x80\x02})" + b"2\x86" * depth + b"K\x01s."


PICKLES = {
    "nothing": b"",
    "text": b"hello",
    "an unknown instruction": b"\x80\x02\xff.",
    "no end": b"\x80\x02}",
    "an empty stack": b"\x80\x02.",
    "a missing memory": b"\x80\x02h\x05.",
    "a far memory": b"\x80\x02}r\xff\xff\xff\xff.",
    "a long text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"a.",
    "a long number": b"I" + b"9" * 100_000 + b"\n.",
    "too many steps": b"\x80\x02" + b"N0" * 500_001 + b"}.",
    "deep lists": b"\x80\x02" + b"]" * 60_000 + b"a" * 59_999 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 60_000 + b".",
    "keys that take for ever": nested_keys(200),
    "marks": b"\x80\x02" + b"(" * 60_000 + b".",
    "an extension": b"\x80\x02\x82\x01.",
    "a name that is none": b"\x80\x04K\x01K\x02\x93.",
    "a text": pickle.dumps("weights", 2),
}


@pytest.mark.parametrize("name", PICKLES)
def test_a_strange_pickle_is_refused_in_bounded_time(name):
    path = archive(PICKLES[name])
    if name in ("keys that take for ever", "a far memory"):
        assert read_tensors(path) == {}
    else:
        refused(path)
    Path("row.ckpt").write_bytes(PICKLES[name] or b"\x80\x02")
    refused(Path("row.ckpt"))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_that_was_cut_anywhere_is_refused(legacy):
    path = saved({"a": torch.ones(100), "b": torch.ones(100)}, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    for end in range(1, len(whole), 97):
        path.write_bytes(whole[:end])
        refused(path)


def test_archives_that_grow_are_refused_before_they_do():
    buffer = io.BytesIO()
    torch.save({"a": torch.zeros(1 << 20)}, buffer)
    with zipfile.ZipFile(buffer) as file, zipfile.ZipFile("bomb.ckpt", "w", zipfile.ZIP_DEFLATED) as packed:
        for entry in file.infolist():
            packed.writestr(entry.filename, file.read(entry))
    assert Path("bomb.ckpt").stat().st_size < 20_000
    assert "is a compressed archive" in refused(Path("bomb.ckpt"))


def test_many_names_for_the_same_numbers_do_not_fill_the_memory():
    tensor = torch.zeros(1 << 20)
    path = saved({f"a{number}": tensor for number in range(1000)})
    assert "larger than the file" in refused(path)


def test_other_archives_are_told_apart():
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), "script.ckpt")
    assert "TorchScript" in refused(Path("script.ckpt"))
    with zipfile.ZipFile("photos.ckpt", "w") as file:
        file.writestr("a.jpg", b"x")
    assert "is a zip archive without weights" in refused(Path("photos.ckpt"))


def test_a_folder_or_a_missing_file_is_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "none.ckpt"):
        with pytest.raises(PixrayError, match="cannot be read"):
            read_tensors(path)
