"""demo.ipynb, run from top to bottom in a kernel of its own, as Jupyter does."""

import re
from pathlib import Path

import pytest
from PIL import Image

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

DEMO = Path(__file__).parents[1] / "demo.ipynb"
TINY = 'always.update(perceptors="embedded", size=[48, 32], iterations=2, num_cuts=2)'
SECTIONS = ["first", "palette", "sketch", "vqgan", "compare/pixel", "compare/vqgan", "mirrored", "again"]


@pytest.fixture
def demo():
    return nbformat.read(DEMO, as_version=4)


def test_it_is_kept_without_outputs(demo):
    nbformat.validate(demo)
    for cell in demo.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, (
                "strip the outputs: jupyter nbconvert --clear-output"
            )


def test_every_field_of_a_form_is_a_value_that_can_be_changed(demo):
    fields = [line for cell in demo.cells for line in cell.source.splitlines() if "#@param" in line]
    assert len(fields) > 20
    for field in fields:
        assert re.match(r'\w+ = (".*"|\d+|True|False)  #@param [\[{].*[\]}]$', field), field


def test_it_runs_from_top_to_bottom(demo, default_vqgan):
    at = next(number for number, cell in enumerate(demo.cells) if "parameters" in cell.metadata.get("tags", []))
    demo.cells.insert(at + 1, nbformat.v4.new_code_cell(TINY))
    nbclient.NotebookClient(demo, timeout=300, kernel_name="python3").execute()
    for section in SECTIONS:
        with Image.open(Path("outputs", section, "output.png")) as picture:
            assert picture.size[0] in (48, 32), section
    assert Path("outputs/sketch/output.svg").read_text().startswith("<")
    painting = [
        cell for cell in demo.cells if cell.cell_type == "code" and re.search(r"(pixray.run|do_run)\(", cell.source)
    ]
    for cell in painting:
        pages = [output.data.get("text/html", "") for output in cell.outputs if "data" in output]
        assert any("data:image/png;base64," in page for page in pages), "the picture stays in the saved notebook"
        assert any("complete after 2 steps" in page and "<svg" in page for page in pages)
