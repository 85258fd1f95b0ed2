"""What strangers' values may name, tested over every declared setting and never by a list of names."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import PixrayError, SettingsError
from pixray.runtime.network import NotPublic, connection_to, is_public, resolve_public, split_public
from pixray.settings.core import ALWAYS
from pixray.settings.declare import Refers, declarations
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.policy import refusals
from pixray.settings.schema import Schema

PRIVATE = (
    "http://127.0.0.1/x.png",
    "http://localhost./x.png",
    "http://[::1]/x.png",
    "http://[::ffff:127.0.0.1]/x.png",
    "http://[64:ff9b::7f00:1]/x.png",
    "http://10.0.0.7/x.png",
    "http://169.254.169.254/latest/meta-data/x.png",
    "http://192.168.1.1:80/x.png",
    "https://example.com:22/x.png",
    "https://me:you@example.com/x.png",
    "HTTP://0.0.0.0/x.png",
)


def every_part(registry):
    """Layers that choose each drawer in turn, with every loss and filter, so that every setting is declared once."""
    losses, filters = ",".join(registry.names("loss")), ",".join(registry.names("filter"))
    return [{"drawer": name, "custom_loss": losses, "filters": filters} for name in registry.names("drawer")]


def every_setting():
    from pixray.registry import BUILT_IN, Registry

    registry = Registry(BUILT_IN)
    found = {}
    for chosen in every_part(registry):
        schema = Schema.for_choice(registry, [Layer(LayerKind.PYTHON, "a test", chosen)])
        found |= {one.name: (one, chosen) for one in schema.declared.values()}
    return list(found.values())


SETTINGS = every_setting()
NAMING = [pair for pair in SETTINGS if pair[0].refers & (Refers.PICTURE)]
PLACES = [pair for pair in SETTINGS if pair[0].refers & (Refers.DESTINATION | Refers.INSTALLATION | Refers.ENDPOINT)]


def called(pair):
    return pair[0].name if isinstance(pair, tuple) else None


def values_naming(one, name):
    """Ways in which a value of this setting may name a file or an address."""
    ways = [name, [name], f" {name} "]
    if one.kind == list[str] or one.name.endswith("prompts"):
        ways += [f"{name}:0.5", f"red | {name}", ["red", f"{name}:2:-1"], [{name: 2}]]
    if one.references is not None and "palette" in one.references.__name__:
        ways = [f"@{name}" if "://" not in name else name, rf"#f00; {name if '://' in name else '@' + name} \3"]
    if one.references is not None and "perceptor" in one.references.__name__:
        ways = [f"ViT-B-32::{name}", f"ViT-B/32,{name}:0.5"]
    return ways


def problems(registry, chosen, one, value, kind=LayerKind.CLIENT, leave=Leave(addresses=True)):
    layers = [
        Layer(LayerKind.PYTHON, "a test", {**chosen, "prompts": "a"}),
        Layer(kind, "stranger", {one.name: value}, leave),
    ]
    try:
        return (), Schema.for_choice(registry, layers).resolve(layers).notices
    except SettingsError as error:
        return error.problems, ()


@pytest.fixture(scope="module")
def audited():
    """Names of files that are opened or looked for in a folder, and of hosts that are looked up."""
    seen, listening = [], [True]

    def hear(event, arguments):  # a hook can never be taken off again
        if listening and event in ("open", "os.listdir", "os.scandir", "glob.glob", "socket.getaddrinfo"):
            seen.append(str(arguments[0]))

    sys.addaudithook(hear)
    yield seen
    listening.clear()


@pytest.fixture
def opened(audited):
    audited.clear()
    return audited


@pytest.mark.parametrize("pair", NAMING, ids=called)
def test_a_request_names_no_file_and_is_told_the_same_whether_it_exists(registry, tmp_path, pair, opened):
    one, chosen = pair
    here, absent = tmp_path / "here" / "canary.png", tmp_path / "gone" / "canary.png"
    here.parent.mkdir()
    Image.new("RGB", (3, 3)).save(here)
    opened.clear()
    sentence = f"'{one.name}' (from stranger) names a file of this machine, which is not read here"
    for place in (here, absent):
        for value in values_naming(one, str(place)):
            assert problems(registry, chosen, one, value)[0] == (sentence,), value
    assert not any("canary" in name for name in opened)


@pytest.mark.parametrize("pair", NAMING, ids=called)
def test_a_request_names_only_addresses_of_the_public_internet(registry, pair, opened):
    one, chosen = pair
    for address in PRIVATE:
        for value in values_naming(one, address):
            told, _ = problems(registry, chosen, one, value)
            if "localhost" not in address:  # a name is judged when it has been resolved
                assert any(f"'{one.name}' (from stranger) names" in text for text in told), value
    for scheme in ("file:///etc/hostname.png", "ftp://example.com/x.png", "data:image/png;base64,AAAA/x.png"):
        assert problems(registry, chosen, one, scheme if one.references is None else f"@{scheme}")[0], scheme
    assert not any("hostname" in name or "example" in name for name in opened)


@pytest.mark.parametrize("pair", NAMING, ids=called)
def test_a_record_reads_no_file_and_fetches_no_address_and_says_what_was_left_out(registry, pair):
    one, chosen = pair
    for name in ("/etc/hostname.png", "https://example.com/x.png"):
        for value in values_naming(one, name):
            told, notices = problems(registry, chosen, one, value, LayerKind.RECORD, Leave())
            assert not told and any("left out of stranger" in text and one.name in text for text in notices), value


@pytest.mark.parametrize("pair", PLACES, ids=called)
def test_neither_a_request_nor_a_record_names_a_place(registry, pair):
    one, chosen = pair
    told, _ = problems(registry, chosen, one, "anything")
    assert told == (f"'{one.name}' (from stranger) cannot be set here",)
    _, notices = problems(registry, chosen, one, "anything", LayerKind.RECORD, Leave())
    told = any(one.name in text for text in notices)
    assert told is (one.name != "output"), "how a picture was called before is missed by nobody"


@pytest.mark.parametrize("pair", [pair for pair in SETTINGS if not pair[0].refers], ids=called)
def test_no_other_setting_opens_what_its_value_names(registry, tmp_path, pair, opened):
    one, chosen = pair
    if one.kind in (int, float, bool) or one.choices:
        assert problems(registry, chosen, one, str(tmp_path / "canary.png"))[0], "a path is no value of it"
    else:
        for form in ("{}", "@{}", "[#000]; @{}", "a->{}", "{}:1"):
            problems(registry, chosen, one, form.format(tmp_path / "canary.png"))
    assert not any("canary" in name for name in opened)


@pytest.mark.parametrize(
    "name",
    ["http://{example.com,127.0.0.1}/x.png", "https://example.com/{1..99}.png", f"http://a.example/{'{a,b}' * 18}"],
)
def test_braces_of_strangers_hide_no_private_address_and_multiply_nothing(registry, name):
    layer = Layer(LayerKind.CLIENT, "stranger", {"image_prompts": name}, Leave(addresses=True))
    assert refusals(layer, Schema.for_choice(registry, [layer]).declared, ())


@pytest.mark.parametrize("name", ["drawer", "init_from"])
def test_paid_services_need_leave(registry, name):
    for service in registry.names("provider"):
        chosen = {"drawer": "pixel"} if name == "init_from" else {}
        for value in (service, [service], f" {service}"):
            layers = [
                Layer(LayerKind.PYTHON, "a test", {**chosen, "prompts": "a"}),
                Layer(LayerKind.CLIENT, "stranger", {name: value}),
            ]
            with pytest.raises(SettingsError, match="remote service|unknown"):
                Schema.for_choice(registry, layers).resolve(layers)
        layer = Layer(LayerKind.CLIENT, "stranger", {name: service}, Leave(services=True))
        declared = {one.name: one for group in ALWAYS for one in declarations(group, "the engine")}
        assert not refusals(layer, declared, registry.names("provider"))


def test_a_record_never_trades_a_paid_drawer_for_another_one(registry):
    layers = [Layer(LayerKind.RECORD, "out.png", {"drawer": "openai", "prompts": ["a"]})]
    with pytest.raises(SettingsError, match="names a remote service.*--trust"):
        Schema.for_choice(registry, layers).resolve(layers)


@pytest.fixture
def allowed(tmp_path):
    """A folder that may be read, with a picture, a link out of it and a sibling of a similar name."""
    folder, other = tmp_path / "allowed", tmp_path / "allowed-not"
    for place in (folder, other):
        place.mkdir()
        Image.new("RGB", (3, 3)).save(place / "a.png")
    (folder / "out").symlink_to(other)
    (folder / "link.png").symlink_to(other / "a.png")
    return folder


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("{folder}/a.png", True),
        ("{folder}/not there.png", True),
        ("{folder}/*.png", False),  # link.png leads out
        ("{folder}/a*.png", True),
        ("{folder}/{{a,b}}.png", True),
        ("{folder}/link.png", False),
        ("{folder}/out/a.png", False),
        ("{folder}/out/*.png", False),
        ("{folder}/../allowed-not/a.png", False),
        ("{folder}/*/../../allowed-not/a.png", False),
        ("{{{folder},/etc}}/a.png", False),
        ("{folder}-not/a.png", False),
        ("~/a.png", False),
        ("~nobody/a.png", False),
        ("a\0.png", False),
        ("/etc/hostname", False),
    ],
)
def test_in_an_allowed_folder_no_link_and_no_pattern_leads_out(registry, allowed, name, taken):
    leave = Leave(folders=(allowed.resolve(),))
    layers = [Layer(LayerKind.CLIENT, "stranger", {"image_prompts": name.format(folder=allowed)}, leave)]
    schema = Schema.for_choice(registry, layers)
    assert (not refusals(layers[0], schema.declared, ())) is taken


@pytest.mark.parametrize(
    "number",
    "127.0.0.1 ::1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 ::ffff:10.0.0.1 fe80::1%eth0 "
    "fc00::1 64:ff9b::a00:1 2002:7f00:1:: 224.0.0.1 255.255.255.255 :: ::7f00:1 name".split(),
)
def test_numbers_outside_of_the_public_internet_are_known(number):
    assert not is_public(number)


def test_public_numbers_are_known():
    assert (
        is_public("93.184.216.34") and is_public("2606:2800:220:1:248:1893:25c8:1946") and is_public("64:ff9b::808:808")
    )


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_before_or_after_the_name_is_resolved(address):
    with pytest.raises(NotPublic):
        resolve_public(split_public(address).hostname or "")


def test_one_private_number_among_several_is_enough(monkeypatch):
    numbers = [(2, 1, 6, "", ("93.184.216.34", 0)), (2, 1, 6, "", ("10.0.0.1", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *words, **more: numbers)
    with pytest.raises(NotPublic):
        resolve_public("two-faced.example")


def test_a_stranger_is_told_the_same_whatever_lies_behind_an_address(monkeypatch):
    from pixray.images.fetch import fetch, restrict_fetches

    def told(number):
        monkeypatch.setattr("socket.getaddrinfo", lambda *words, **more: [(2, 1, 6, "", (number, 0))])
        with restrict_fetches(lambda what: True), pytest.raises(PixrayError) as caught:
            fetch("http://host.example/x.png?token=geheim", "init_image", seconds=0.2)
        return str(caught.value)

    assert told("127.0.0.1") == told("10.0.0.1") == told("198.51.100.1")
    assert "geheim" not in told("127.0.0.1")


def test_the_connection_goes_to_the_number_that_was_judged(monkeypatch):
    """A name server that answers differently the second time is not asked a second time."""
    asked = []

    def once(host, *words, **more):
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", 0))]

    monkeypatch.setattr("socket.getaddrinfo", once)
    facts = connection_to("https://host.example/x.png")
    assert facts.url == {"host": "93.184.216.34"} and asked == ["host.example"]
    assert facts.headers["host"] == "host.example" and facts.tls == {"sni_hostname": "host.example"}


def test_a_redirect_to_a_private_address_is_refused(monkeypatch):
    from pixray.images import fetch as module

    hops = []

    def answer(address, shown, most, end, public):
        connection_to(address)
        hops.append(address)
        return b"", "http://169.254.169.254/latest/"

    monkeypatch.setattr("socket.getaddrinfo", lambda *words, **more: [(2, 1, 6, "", ("93.184.216.34", 0))])
    monkeypatch.setattr(module, "_answer", answer)
    with module.restrict_fetches(lambda what: True), pytest.raises(PixrayError):
        module.fetch("https://host.example/x.png", "init_image")
    assert hops == ["https://host.example/x.png"]


def test_local_users_are_held_to_nothing(registry, tmp_path):
    Image.new("RGB", (3, 3)).save("mine.png")
    for kind in (LayerKind.PYTHON, LayerKind.FLAGS, LayerKind.FILE):
        given = {"drawer": "pixel", "init_image": "mine.png", "outdir": str(tmp_path / "x"), "palette": "@mine.png"}
        layers = [Layer(kind, "me", given)]
        settings = Schema.for_choice(registry, layers).resolve(layers)
        assert settings.init_image == "mine.png" and not settings.notices and not settings.is_untrusted("init_image")
    assert Path("mine.png").is_file()
