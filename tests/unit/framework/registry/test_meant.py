"""Which plugin a word means, which are built in, and which cannot work here."""

import sys
from pathlib import Path

import pytest

from framework import ConfigurationError, load_registry
from framework.registry.discovery import discover
from tests.support.metadata import MODULE, write_distribution

BUILT_IN = ["blumgoldwasser", "des3", "hmac_sha256"]


def two_strangers(site: Path) -> None:
    for name in ("Alpha_Works", "beta"):
        module = f"suitecase_{name.lower()}"
        write_distribution(
            site, name, entries=f"twin = {module}", **{module: MODULE.replace("NAME", name.lower().replace("_", ""))}
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
    write_distribution(site, "evil", entries="good:x = suitecase_evil", suitecase_evil=MODULE.replace("NAME", "evil"))
    with pytest.raises(ConfigurationError, match="there is no plugin named 'good:x' to allow"):
        load_registry(allow=["good:x"])
    assert load_registry(allow=["evil:good:x"]).mac("evil").plugin == "good:x"


def test_a_stranger_with_the_name_of_a_built_in_plugin_is_allowed_by_its_whole_name(site: Path) -> None:
    write_distribution(site, "other", entries="des3 = suitecase_other", suitecase_other=MODULE.replace("NAME", "other"))
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
    assert sorted(plugin.name for plugin in discover().plugins) == BUILT_IN


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
