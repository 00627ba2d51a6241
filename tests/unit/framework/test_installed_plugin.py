"""A plugin of somebody else's, installed as pip installs it: a module, and a dist-info with an entry point."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from framework import Channel, ConfigurationError, HandshakeCompleted, Suite, load_registry
from framework.kinds import BULK_CIPHER
from framework.registry import ENTRY_POINT_GROUP
from tests.support.channels import begin_pair

MODULE = '''
"""XOR with a repeated key: a cipher to test discovery with, and nothing else."""

from framework import InvalidKeyError, PrimitiveInfo, Status, hookimpl


class Xor:
    info = PrimitiveInfo("xor", "XOR", 0, Status.BROKEN, "none")
    key_size = 16
    iv_size = 8
    max_bytes_per_key = 2**20

    def check_key(self, key):
        if len(key) != 16:
            raise InvalidKeyError("a key has 16 bytes")

    def encryptor(self, key, iv):
        return Stream(key)

    decryptor = encryptor


class Stream:
    def __init__(self, key):
        self.key = key

    def encrypt(self, record):
        return bytes(a ^ b for a, b in zip(record, self.key * (len(record) // 16 + 1)))

    decrypt = encrypt


@hookimpl
def register_bulk_ciphers(register):
    register(Xor())
'''


def install(folder: Path, distribution: str, version: str, entry_points: str, **modules: str) -> None:
    """What a wheel leaves behind in site-packages."""
    info = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[suitecase.plugins]\n{entry_points}\n")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python looks for distributions in."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("suitecase_xor")]:
        del sys.modules[name]


def test_an_installed_plugin_is_found_and_used_when_it_is_allowed(site: Path) -> None:
    install(site, "suitecase-xor", "1.2.3", "xor = suitecase_xor", suitecase_xor=MODULE)

    refused = load_registry()
    [record] = [record for record in refused.plugins if record.name == "xor"]
    assert (record.distribution, record.version, record.allowed) == ("suitecase-xor", "1.2.3", False)
    assert "suitecase_xor" not in sys.modules
    with pytest.raises(ConfigurationError, match="--allow-plugin xor"):
        Suite.parse("xor-bg2048-hmac", refused)

    allowed = load_registry(allow=["xor"])
    assert allowed.names(BULK_CIPHER) == ("des3", "xor")
    [record] = [record for record in allowed.plugins if record.name == "xor"]
    assert record.error is None
    assert "xor" in repr(allowed.bulk_cipher("xor"))


def test_a_channel_runs_over_an_installed_plugin(site: Path) -> None:
    install(site, "suitecase-xor", "1.2.3", "xor = suitecase_xor", suitecase_xor=MODULE)
    peers = EntryPoint("peers", "tests.support.peers", ENTRY_POINT_GROUP)
    found = [*entry_points(group=ENTRY_POINT_GROUP), peers]
    registry = load_registry(allow=["xor", "peers"], installed=found)
    pair = begin_pair(Suite.parse("xor-x25519-hmac", registry))
    pair.exchange()
    assert isinstance(pair.client, Channel)
    assert pair.client_events == pair.server_events == [HandshakeCompleted()]


def test_a_broken_plugin_is_named_with_its_distribution_and_version(site: Path) -> None:
    install(site, "suitecase-xor", "0.9", "xor = suitecase_xor", suitecase_xor="import absent_library\n")
    registry = load_registry(allow=["xor"])
    [record] = [record for record in registry.plugins if record.name == "xor"]
    assert str(record.error).startswith("plugin 'xor' of suitecase-xor 0.9: cannot be loaded: ModuleNotFoundError")
    assert registry.names(BULK_CIPHER) == ("des3",)


def test_a_stranger_that_uses_a_built_in_plugin_s_name_does_not_replace_it(site: Path) -> None:
    install(site, "evil", "6.6.6", "des3 = suitecase_xor_evil", suitecase_xor_evil=MODULE.replace('"xor"', '"des3"'))
    for allow in ([], ["des3"]):
        registry = load_registry(allow=allow)
        assert registry.bulk_cipher("des3").info.title.startswith("Triple DES")
        strangers = [record for record in registry.plugins if record.distribution == "evil"]
        assert all(not record.primitives for record in strangers)
        assert [record.error is not None for record in strangers] == [bool(allow)]


def test_a_new_process_finds_it_too(site: Path) -> None:
    install(site, "suitecase-xor", "1.2.3", "xor = suitecase_xor", suitecase_xor=MODULE)
    program = "from framework import load_registry; print(load_registry(allow=['xor']).bulk_cipher('xor'))"
    done = subprocess.run(
        [sys.executable, "-O", "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {program}"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("<GuardedBulkCipher plugin 'xor' (xor)>\n", "")
