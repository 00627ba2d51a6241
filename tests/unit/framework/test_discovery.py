"""What is found in metadata: whatever strangers have written there, they are named and left out, and all else works."""

import json
import signal
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework import ConfigurationError, load_registry
from framework.errors import Interruption
from framework.registry.discovery import MAX_NAMED, Discovery, discover
from tests.support.metadata import BROKEN, GOOD, METADATA_FILES, ODD, OURS, write_distribution

BUILT_IN = ["blumgoldwasser", "des3", "hmac_sha256"]
MAC = """
from framework import PrimitiveInfo, Status, hookimpl
from plugins.hmac_sha256.mac import HmacSha256

class Stranger(HmacSha256):
    info = PrimitiveInfo("NAME", "NAME", 128, Status.EXPERIMENTAL, "this test")

@hookimpl
def register_macs(register):
    register(Stranger())
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python looks for distributions in, before all others."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Fail what takes longer, also where it waits for a pipe; no `except Exception` holds it back."""

    def ring(*_: object) -> NoReturn:
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Late(Interruption):
    """It hangs."""


def names(found: Discovery) -> list[str]:
    return sorted(plugin.name for plugin in found.plugins)


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_a_distribution_that_is_broken_is_named_and_left_out(site: Path, make: Callable[[Path], None]) -> None:
    write_distribution(site, "good", entries="good = suitecase_good", suitecase_good=MAC.replace("NAME", "goodmac"))
    make(site / "stranger-1.0.dist-info")
    registry = load_registry(allow=["good"])
    assert [record.name for record in registry.plugins] == [*BUILT_IN, "good"]
    assert all(record.error is None for record in registry.plugins)
    (sentence,) = registry.left_out
    assert sentence.startswith(f"the distribution in {site}/stranger-1.0.dist-info is left out")
    assert sentence.isprintable()
    with pytest.raises(ConfigurationError, match=r"stranger-1\.0\.dist-info is left out"):
        registry.mac("x")
    with pytest.raises(ConfigurationError, match=r"no plugin named 'x' to allow.*stranger-1\.0\.dist-info is left out"):
        load_registry(allow=["x"])


def test_broken_egg_info_is_left_out_too(site: Path) -> None:
    egg = site / "stranger.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Version: 1\n")
    (egg / "entry_points.txt").write_text(f"{OURS}x = x\n")
    (site / "old.egg-info").write_text("Name: old\n")  # a file, as distutils wrote it
    found = discover()
    assert names(found) == BUILT_IN
    assert len(found.left_out) == 1


def test_a_broken_distribution_in_an_archive_is_left_out_too(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(site / "all.zip", "w") as archive:
        archive.writestr("good-1.0.dist-info/METADATA", GOOD.replace("stranger", "good"))
        archive.writestr("good-1.0.dist-info/entry_points.txt", f"{OURS}good = good\n")
        archive.writestr("bad-1.0.dist-info/METADATA", "Name: bad\n")
        archive.writestr("bad-1.0.dist-info/entry_points.txt", f"{OURS}bad = bad\n")
    monkeypatch.syspath_prepend(site / "all.zip")
    found = discover()
    assert names(found) == sorted([*BUILT_IN, "good"])
    (sentence,) = found.left_out
    assert "bad-1.0.dist-info" in sentence


@pytest.mark.parametrize("packed", ["entry_points.txt", "METADATA"])
def test_of_what_an_archive_has_packed_no_more_is_unpacked_than_metadata_has(site: Path, packed: str) -> None:
    with zipfile.ZipFile(site / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"METADATA": GOOD, "entry_points.txt": f"{OURS}x = x\n"}.items():
            more = "\n" * (200 << 20) if name == packed else ""
            archive.writestr(f"bomb-1.0.dist-info/{name}", text + more)
    sys.path.insert(0, str(site / "all.zip"))
    tracemalloc.start()
    try:
        found = discover()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert names(found) == BUILT_IN
    (sentence,) = found.left_out
    assert f"{packed} has more than" in sentence
    assert most < 20 << 20


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("info", ["odd-1.0.dist-info", "odd.egg-info", "suitecase-9.dist-info"])
def test_whatever_lies_where_a_file_of_metadata_is_due_discovery_ends(site: Path, info: str, odd: str) -> None:
    """Each file by itself, beside others that are in order; a distribution that calls itself ours is looked at more."""
    name = info.partition("-")[0].partition(".")[0]
    good = {
        "entry_points.txt": f"{OURS}x = x\n",
        "METADATA" if "dist" in info else "PKG-INFO": f"Name: {name}\nVersion: 9\n",
    }
    for number, missing in enumerate(METADATA_FILES):
        folder = site / str(number) / info
        folder.mkdir(parents=True)
        for file, text in good.items():
            if file != missing:
                (folder / file).write_text(text)
        ODD[odd](folder / missing)
        sys.path.insert(0, str(folder.parent))
        with at_most(10):
            found = discover()
        sys.path.remove(str(folder.parent))
        assert {*BUILT_IN, "x"} >= set(names(found))
        if missing not in {*good, "METADATA"}:  # which is read before PKG-INFO, also where there is no .dist-info
            assert not found.left_out
            assert found.conflict if name == "suitecase" else "x" in names(found)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["odd-1.0.dist-info", "odd.egg-info", "entry"])
def test_whatever_lies_where_a_folder_is_due_discovery_ends(site: Path, name: str, odd: str) -> None:
    ODD[odd](site / name)
    sys.path.insert(0, str(site / name))
    with at_most(10):
        assert names(discover()) == BUILT_IN


def test_a_file_that_grows_while_it_is_read_is_read_to_where_it_ended(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = write_distribution(site, "growing", entries="x = x")
    status = (info / "METADATA").stat()
    (info / "METADATA").write_text((info / "METADATA").read_text() + "\n" * (2 << 20))
    plain = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **how: status if path.name == "METADATA" else plain(path, **how))
    assert discover().left_out == ()


@settings(max_examples=200, deadline=2000)
@given(
    files=st.dictionaries(
        st.sampled_from(METADATA_FILES),
        st.one_of(
            st.binary(max_size=300),
            st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.binary(max_size=40).map(lambda noise: f"{OURS}x = ".encode() + noise),
            st.binary(max_size=40).map(lambda noise: b"Name: suitecase\nVersion: 1\n" + noise),
            st.binary(max_size=40).map(lambda noise: b'{"url": "file:///' + noise + b'", "dir_info": {"editable": 1}}'),
            st.integers(-9, 9).map(lambda number: json.dumps({"url": number, "dir_info": [number]}).encode()),
        ),
    ),
    ending=st.sampled_from(["-1.0.dist-info", ".egg-info"]),
)
def test_no_bytes_in_a_file_of_metadata_stop_discovery(files: dict[str, bytes], ending: str) -> None:
    with TemporaryDirectory() as site:
        info = Path(site) / f"noise{ending}"
        info.mkdir()
        for name, content in files.items():
            (info / name).write_bytes(content)
        sys.path.insert(0, site)
        try:
            found = discover()
        finally:
            sys.path.remove(site)
    assert set(BUILT_IN) <= set(names(found)) or found.conflict
    assert all(sentence.isprintable() for sentence in (*found.left_out, found.conflict))


def test_thousands_of_distributions_are_read_in_seconds_and_not_all_are_named(site: Path) -> None:
    for number in range(3000):
        write_distribution(site, f"broken{number}", entries="x")
    with at_most(30):
        found = discover()
    assert names(found) == BUILT_IN
    assert len(found.left_out) == MAX_NAMED + 1
    assert found.left_out[-1] == f"of the distributions on the module path, {3000 - MAX_NAMED} more are left out"


@pytest.mark.parametrize("entry", [7, b"bytes", "/no/such/folder", "a\0b", ""])
def test_an_odd_entry_of_the_module_path_is_passed_over(monkeypatch: pytest.MonkeyPatch, entry: object) -> None:
    monkeypatch.setattr(sys, "path", [entry, *sys.path])
    assert names(discover()) == BUILT_IN


def test_a_finder_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder(DistributionFinder):
        def find_spec(self, *_: object) -> None:
            return None

        def find_distributions(self, _: Any = None) -> NoReturn:
            raise OSError("no network")

    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    found = discover()
    assert names(found) == BUILT_IN
    assert found.left_out == ("the distributions that Finder knows cannot be listed (OSError: no network)",)


class Stranger(Distribution):
    """A distribution that only its finder knows, and that raises whatever it is asked."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def read_text(self, filename: str) -> str:
        raise self.error

    def locate_file(self, path: object) -> NoReturn:
        raise self.error


def put_before(monkeypatch: pytest.MonkeyPatch, distribution: Distribution) -> None:
    class Finder(DistributionFinder):
        def find_spec(self, *_: object) -> None:
            return None

        def find_distributions(self, _: Any = None) -> list[Distribution]:
            return [distribution]

    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])


@pytest.mark.parametrize("error", [RuntimeError("x"), RecursionError(), MemoryError(), SystemExit(0)], ids=repr)
def test_a_distribution_that_raises_whatever_it_is_asked_is_named(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    put_before(monkeypatch, Stranger(error))
    found = discover()
    assert names(found) == BUILT_IN
    (sentence,) = found.left_out
    assert f"{__name__}.Stranger is left out" in sentence


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), Late()], ids=repr)
def test_who_ends_the_program_ends_discovery(monkeypatch: pytest.MonkeyPatch, ending: BaseException) -> None:
    put_before(monkeypatch, Stranger(ending))
    with pytest.raises(type(ending)):
        discover()


def test_a_folder_that_is_on_the_path_twice_is_read_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_distribution(site / "real", "good", entries="good = good")
    (site / "other").symlink_to("real")
    for folder in ("real", "other", "real"):
        monkeypatch.syspath_prepend(site / folder)
    found = discover()
    assert names(found) == sorted([*BUILT_IN, "good"])
    assert found.left_out == ()


def test_of_two_with_one_name_the_first_on_the_path_counts(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_distribution(site / "old", "Good.One", "0.9", entries="good = old")
    write_distribution(site / "new", "good-one", "1.0", entries="good = new")
    for folder in ("old", "new"):
        monkeypatch.syspath_prepend(site / folder)
    found = discover()
    assert [plugin.version for plugin in found.plugins if plugin.name == "good"] == ["1.0"]
    (sentence,) = found.left_out
    assert str(site / "old") in sentence
    assert str(site / "new") in sentence


# --- which plugin is meant ---


def two_strangers(site: Path) -> None:
    for name in ("Alpha_Works", "beta"):
        module = f"suitecase_{name.lower()}"
        write_distribution(
            site, name, entries=f"twin = {module}", **{module: MAC.replace("NAME", name.lower().replace("_", ""))}
        )


def test_a_name_that_two_distributions_offer_is_refused_with_both(site: Path) -> None:
    two_strangers(site)
    with pytest.raises(ConfigurationError, match=r"several plugins; .*: Alpha_Works:twin or beta:twin"):
        load_registry(allow=["twin"])
    assert not {"suitecase_alpha_works", "suitecase_beta"} & set(sys.modules)


@pytest.mark.parametrize("word", ["Alpha_Works:twin", "alpha-works:twin", "ALPHA.works:twin"])
def test_a_distribution_and_a_name_say_which_is_meant(site: Path, word: str) -> None:
    two_strangers(site)
    registry = load_registry(allow=[word])
    assert registry.mac("alphaworks").plugin == "Alpha_Works:twin"
    assert "suitecase_beta" not in sys.modules
    with pytest.raises(ConfigurationError, match=r"not allowed: beta:twin; --allow-plugin beta:twin\)"):
        registry.mac("beta")
    both = load_registry(allow=[word, "beta:twin"])
    assert both.names(both.plugins[0].primitives[0][0]) == ("bg", "bg2048")
    assert both.mac("beta").plugin == "beta:twin"


def test_a_name_with_a_colon_does_not_pose_as_another_s(site: Path) -> None:
    write_distribution(site, "evil", entries="good:x = suitecase_evil", suitecase_evil=MAC.replace("NAME", "evil"))
    with pytest.raises(ConfigurationError, match="there is no plugin named 'good:x' to allow"):
        load_registry(allow=["good:x"])
    assert load_registry(allow=["evil:good:x"]).mac("evil").plugin == "good:x"


def test_a_stranger_with_the_name_of_a_built_in_plugin_is_allowed_by_its_whole_name(site: Path) -> None:
    write_distribution(site, "other", entries="des3 = suitecase_other", suitecase_other=MAC.replace("NAME", "other"))
    bare = load_registry(allow=["des3"])
    assert "other" not in bare.names(bare.plugins[2].primitives[0][0])
    assert [record.error for record in bare.plugins if record.distribution == "other"] == [
        "plugin 'des3' of other 1.0: a plugin of suitecase has this name; --allow-plugin other:des3 allows this one"
    ]
    registry = load_registry(allow=["other:des3"])
    assert registry.mac("other").plugin == "other:des3"
    assert registry.bulk_cipher("des3").plugin == "suitecase:des3"


# --- what is built in ---

STEALS = "raise AssertionError('imported')"


@pytest.mark.parametrize("name", ["suitecase", "Suitecase", "SUITECASE"])
@pytest.mark.parametrize("value", ["suitecase_null", "plugins.des3"])
def test_another_distribution_that_calls_itself_ours_stops_the_start(site: Path, name: str, value: str) -> None:
    info = write_distribution(site, name, entries=f"des3 = {value}", suitecase_null=STEALS)
    with pytest.raises(ConfigurationError, match="more than one distribution calls itself suitecase") as caught:
        load_registry()
    assert str(info) in str(caught.value)
    assert "suitecase_null" not in sys.modules


def test_another_whole_installation_is_hidden_as_it_is_from_imports(site: Path) -> None:
    """A virtual environment that sees the packages of the system may find two."""
    write_distribution(site, "suitecase", "0.0.1", entries="des3 = suitecase_null", suitecase_null=STEALS)
    (site / "framework").mkdir()
    (site / "framework" / "__init__.py").write_text("")
    assert [record.version for record in load_registry().plugins] != ["0.0.1"] * 3
    assert names(discover()) == BUILT_IN


@pytest.mark.parametrize("value", ["suitecase_null", "plugins", "plugins.des3.cipher:TripleDes.__init__", "os.path"])
def test_metadata_that_is_alone_in_calling_itself_ours_offers_nothing_of_others(
    site: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    write_distribution(site, "suitecase", entries=f"null = {value}", suitecase_null=STEALS)
    monkeypatch.setattr(sys, "path", [str(site), *(entry for entry in sys.path if "site-packages" not in entry)])
    with pytest.raises(ConfigurationError, match=r"plugin 'null' of suitecase .*nothing begins without"):
        load_registry()
    assert "suitecase_null" not in sys.modules


def test_a_folder_that_hides_our_plugins_stops_the_start(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "plugins" / "des3").mkdir(parents=True)
    (site / "plugins" / "__init__.py").write_text(STEALS)
    (site / "plugins" / "des3" / "__init__.py").write_text(STEALS)
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugins"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=f"it is found in {site}/plugins, and not in .*; run this in another"):
        load_registry()
    assert "plugins" not in sys.modules


def test_a_module_that_takes_the_place_of_a_built_in_one_stops_the_start(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import ModuleType

    import plugins.des3

    stranger = ModuleType("plugins.des3")
    stranger.__file__ = str(site / "null.py")
    monkeypatch.setitem(sys.modules, "plugins.des3", stranger)
    monkeypatch.setattr(plugins, "des3", stranger)
    with pytest.raises(ConfigurationError, match="plugin 'des3' of suitecase"):
        load_registry()


def test_a_built_in_plugin_that_is_broken_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    import plugins.hmac_sha256

    def broken(_: object) -> None:
        raise RuntimeError("\x1b[2Jno library")

    monkeypatch.setattr(plugins.hmac_sha256, "HmacSha256", broken)
    with pytest.raises(ConfigurationError) as caught:
        load_registry()
    assert "register_macs raised" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_plugin_that_cannot_work_here_is_unavailable_and_nothing_is_broken(site: Path) -> None:
    source = "from framework import ConfigurationError\nraise ConfigurationError('this OpenSSL has no ML-KEM')\n"
    write_distribution(site, "kems", "2.0", entries="mlkem = suitecase_kems", suitecase_kems=source)
    registry = load_registry(allow=["mlkem"])
    (record,) = [record for record in registry.plugins if record.name == "mlkem"]
    assert record.unavailable
    assert record.error == "plugin 'mlkem' of kems 2.0 is unavailable here: this OpenSSL has no ML-KEM"
    with pytest.raises(ConfigurationError, match="this OpenSSL has no ML-KEM"):
        registry.key_exchange("mlkem768")


def test_a_built_in_plugin_may_be_unavailable_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import plugins.hmac_sha256

    def absent() -> None:
        raise ConfigurationError("this machine has no SHA-256")

    monkeypatch.setattr(plugins.hmac_sha256, "HmacSha256", absent)
    (record,) = [record for record in load_registry().plugins if record.error]
    assert (record.name, record.unavailable) == ("hmac_sha256", True)
