from pathlib import Path

from pixray.settings import docs as page
from pixray.settings import reference

ROOT = Path(__file__).parents[2]


def test_the_index_of_parts_is_up_to_date():
    assert reference.main(["--check"]) == 0, "run: python -m pixray.settings.reference"


def test_the_index_knows_owners():
    assert reference.owner_of("pixel_type") == "drawer pixel"
    assert reference.owner_of("no_such_setting") is None


def test_the_page_of_settings_is_up_to_date():
    assert page.main([str(ROOT / "docs" / "settings.md"), "--check"]) == 0, (
        "run: python -m pixray.settings.docs docs/settings.md"
    )
