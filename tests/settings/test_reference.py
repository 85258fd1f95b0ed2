from pixray.settings import reference


def test_the_index_of_parts_is_up_to_date():
    assert reference.main(["--check"]) == 0, "run: python -m pixray.settings.reference"


def test_the_index_knows_owners():
    assert reference.owner_of("pixel_type") == "drawer pixel"
    assert reference.owner_of("no_such_setting") is None
