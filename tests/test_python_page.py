"""docs/python.md: each block runs by itself, as it is printed."""

import re
from pathlib import Path

from PIL import Image

from tests.processes import run_python

PAGE = (Path(__file__).parents[1] / "docs/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- run -->\n```python\n(.*?)```", PAGE, re.DOTALL)
SHORTEST = re.search(r"`picture = await (asyncio\.to_thread\(.*?)\)`", PAGE)[1]
CANCELLED = f"""

async def cancelled():
    picture = await {SHORTEST}, size=[48, 32], iterations=2, outdir="short")
    print(picture.size)
    session = pixray.new_session("a red heart", "pixel", size=[64, 64], iterations=100000)
    seen = []

    async def watch():
        async for event in events_of(session):
            seen.append(event)

    task = asyncio.create_task(watch())
    while len(seen) < 8:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    print("cancelled", task.cancelled(), session.stopping, session.step < 100000)


asyncio.run(cancelled())
"""
ONE_BY_ONE = """
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), {"__name__": path})
    print("----")
"""


def test_the_blocks_run_as_they_are_printed():
    """In one process, since importing torch takes longer than all of them; each with names of its own."""
    assert PAGE.count("```python") == len(BLOCKS) == 4
    for number, block in enumerate(BLOCKS):
        Path(f"{number}.py").write_text(block + (CANCELLED if "asyncio.gather" in block else ""), encoding="utf-8")
    done = run_python("-c", ONE_BY_ONE, "0.py", "1.py", "2.py", "3.py")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    quiet, threads, asyncio, steered, _ = done.stdout.split("----\n")

    assert quiet == "(64, 64)\n" and Path("heart/output.png").is_file()
    assert "INFO:pixray:" in Path("paint.log").read_text(encoding="utf-8")

    assert len(threads.splitlines()) == 2
    assert Path("red/output.png").is_file() and Path("blue/output.png").is_file()

    *painted, short, cancelled = asyncio.splitlines()
    steps = [line.split()[0] for line in painted if re.fullmatch(r"(red|blue) \d+ -?\d\.\d{3}", line)]
    assert steps.count("red") == steps.count("blue") == 10
    assert steps not in (["red"] * 10 + ["blue"] * 10, ["blue"] * 10 + ["red"] * 10), "one after the other"
    assert all(Image.open(f"{colour}.png").size == (64, 64) for colour in ("red", "blue"))
    assert short == "(48, 32)" and cancelled == "cancelled True True True"

    told = [line for line in steered.splitlines() if line.startswith("step")]
    assert told[0].startswith("step 10 {'prompts': ['a red heart:2', 'gold']") and told[2] == "step 22 back to 20"
    assert len(told) == 3 and len(Image.open("steered.png").getcolors()) <= 3, "the palette is locked"
