import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import pixray
from pixray.__main__ import main as started
from pixray.cli.main import main
from tests.processes import start_python


def pixels(path):
    with Image.open(path) as opened:
        return opened.size, opened.tobytes()


SMALL = ["--drawer", "pixel", "--size", "32", "24", "--pixel_size", "8", "6", "--num_cuts", "4", "--outdir", "out"]


def test_help_is_short_and_grouped(capsys):
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    assert "--prompts" in page and "--cut_noise" not in page and len(page.splitlines()) < 110
    assert main(["--help-all"]) == 0
    everything = capsys.readouterr().out
    assert "--cut_noise" in everything and "with drawer pixel:" in everything
    assert main([]) == 0


def test_help_never_imports_torch():
    code = "import sys; from pixray.cli.main import main; main(['--help']); main(['--help-all']); "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_wrong_core_settings_fail_before_torch_is_imported():
    code = (
        "import sys; from pixray.cli.main import main; assert main(['--drawer', 'flatt', '--quality', 'drat']) == 2; "
    )
    code += "assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.count("pixray: ") == 2


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("pixray 2.")


def test_a_run_writes_its_folder_and_prints_the_path(capsys):
    assert main(["--prompts", "a red circle", "--iterations", "3", *SMALL]) == 0
    printed = capsys.readouterr()
    assert printed.out == "out/output.png\n"
    assert "using the built-in small model; " in printed.err and "finished after 3 steps" in printed.err
    assert pixels("out/output.png")[0] == (32, 24)
    names = {str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()}
    frames = {"steps/frame_0000.png", "steps/frame_0003.png", "steps/output.mp4"}
    assert names == {"output.png", "settings.yaml", "log.jsonl", "checkpoint.safetensors", *frames}


def test_quiet_says_nothing(capsys):
    assert main(["--prompts", "red", "--iterations", "1", "--quiet", *SMALL]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err == ""


def test_json_gives_one_object_a_line(capsys):
    assert main(["--prompts", "red", "--iterations", "2", "--json", *SMALL]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert next(event["event"] for event in events) == "started" and events[-1]["event"] == "finished"
    assert sum(event["event"] == "stepped" for event in events) == 2
    assert events[-2]["path"] == "out/output.png"
    assert [json.loads(line)["event"] for line in Path("out/log.jsonl").read_text().splitlines()] == [
        event["event"] for event in events
    ]


def test_a_yaml_file_is_run_with_changes(capsys):
    Path("run.yaml").write_text(
        "prompts: red\ndrawer: pixel\nsize: [32, 24]\niterations: 9\nnum_cuts: 4\noutdir: out\n"
    )
    assert main(["run.yaml", "--iterations", "2", "--quiet"]) == 0
    assert "iterations: 2" in Path("out/settings.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--iteratons", "3"], "unknown flag '--iteratons' (from the command line). Did you mean '--iterations'?"),
        (["nowhere.yaml"], "config_file='nowhere.yaml': there is no such file"),
        (["docter"], "Did you mean 'doctor'?"),
        (["--device", "cuda:7", "--drawer", "pixel"], "device='cuda:7'"),
        (["--device", "tpu", "--drawer", "pixel"], "expected auto, cpu, cuda, cuda:1 or mps"),
        (["--drawer", "pixel", "--init_image", "no.png"], "init_image='no.png': there is no such file"),
        (["--drawer", "pixel", "--clip_models", "ViT-B/33"], "Did you mean 'ViT-B/32'?"),
        (["--drawer", "pixel", "--perceptors", "clip"], "the model hub cannot be reached"),
    ],
)
def test_mistakes_are_one_clear_sentence_and_leave_nothing_behind(words, message, capsys, tmp_path):
    before = set(tmp_path.iterdir())
    assert main([*words, "--prompts", "a"] if words[0].startswith("-") else words) in (1, 2)
    assert message in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_ctrl_c_term_and_hup_save_the_picture_and_the_state_close_the_videos_and_say_130(number):
    words = ["-m", "pixray", "--prompts", "red", "--iterations", "100000", "--save_every", "5", *SMALL]
    running = start_python(*words, out=Path("printed"), err=Path("told"))
    deadline = time.monotonic() + 120
    try:
        while not Path("out/steps/frame_0010.png").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(running.pid, number)
        running.join(timeout=120)
    finally:
        running.kill()
    assert running.exitcode == 130, Path("told").read_text()
    last = json.loads(Path("out/log.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "finished" and last["reason"] == "stopped"
    assert pixels("out/output.png") == pixels(f"out/steps/frame_{last['steps']:04d}.png")
    assert Path("out/steps/output.mp4").stat().st_size > 0 and Path("printed").read_text() == "out/output.png\n"
    assert Path("out/checkpoint.safetensors").is_file()


def test_ctrl_c_while_the_modules_load_is_one_line_and_130(monkeypatch, capsys):
    class Interrupting:
        def find_spec(self, name, path, target=None):
            if name == "pixray.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "pixray.cli.main")
    monkeypatch.delattr(pixray.cli, "main")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert started() == 130
    assert capsys.readouterr().err == "pixray: interrupted\n"


def test_words_lists_the_vocabulary(capsys):
    assert main(["words", "s"]) == 0
    listed = capsys.readouterr().out
    assert "words)" in listed and all(word.startswith("s") for word in listed.split()[:-2])


def test_doctor_finds_this_machine_healthy(capsys):
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    assert "torch" in report and "embedded" in report and "checkpoints" in report
