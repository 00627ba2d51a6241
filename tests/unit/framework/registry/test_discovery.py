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
from tests.support.metadata import BROKEN, GOOD, METADATA_FILES, MODULE, ODD, OURS, write_distribution

BUILT_IN = ["blumgoldwasser", "des3", "hmac_sha256"]


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
    write_distribution(site, "good", entries="good = suitecase_good", suitecase_good=MODULE.replace("NAME", "goodmac"))
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
