"""An oracle in place of known answers: good plugins agree with it, broken ones are found, bad oracles are told so."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from framework.contract import contract_for
from framework.contract.checks.aead import answers as of_aeads
from framework.contract.checks.bulk_cipher import answers as of_ciphers
from framework.contract.checks.mac import answers as of_macs
from framework.contract.engine.collection import checks_for
from framework.contract.engine.finding import targets
from framework.contract.model.oracle import name_of, resolve
from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort, Session, Trial
from framework.contract.testing import BrokenContract
from framework.errors import ConfigurationError
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, MAC, AnyKind
from framework.registry import Registry
from tests.contract import oracles
from tests.zoo.species import ROOT, Exhibit, exhibits

RunCheck = Callable[..., Outcome]
NOWHERE = "nothing/is/here.json"
HMAC = Target("hmac_sha256", "plugins.hmac_sha256", MAC, "hmac", NOWHERE, "tests.contract.oracles:hmac_sha256")


def zoo(name: str, oracle: str, vectors: str = NOWHERE) -> Target:
    found = next(exhibit for good in (True, False) for exhibit in exhibits(good=good) if exhibit.name == name)
    return replace(found.target(), oracle=f"tests.contract.oracles:{oracle}", vectors=vectors)


GOOD = [
    (HMAC, "MAC"),
    (zoo("mac.Hmac", "hmac_sha256"), "MAC"),
    (zoo("bulk_cipher.Aes", "aes_ctr"), "CIP"),
    (Target("des3", "plugins.des3", BULK_CIPHER, "des3", NOWHERE, "tests.contract.oracles:triple_des"), "CIP"),
    (zoo("aead.Gcm", "aes_gcm"), "AEAD"),
    (zoo("key_exchange.X25519Dhkem", "x25519_dhkem"), "KEX"),
]


@pytest.mark.parametrize(("target", "kind"), GOOD, ids=lambda value: getattr(value, "entry", value))
def test_a_good_plugin_agrees_with_an_oracle_and_needs_no_known_answers(
    target: Target, kind: str, run: RunCheck
) -> None:
    varied = "KEX-53" if kind == "KEX" else f"{kind}-52"
    for check_id in (f"{kind}-51", varied):
        outcome = run(target, check_id)
        assert outcome.verdict is Verdict.PASSED, outcome
        assert run(replace(target, oracle=""), check_id).verdict is Verdict.FAILED
    if kind == "KEX":
        outcome = run(target, "KEX-52")
        assert outcome.verdict is Verdict.NOT_CHECKED
        assert "randomness" in outcome.note


ORACLES = {"hmac": "hmac_sha256", "aesctr": "aes_ctr", "gcm": "aes_gcm", "x25519dhkem": "x25519_dhkem"}
CARRIES = ("Wraps32", "SaturatingCounter", "SkipsZero", "LosesOneCarry")
PEERS = [
    (KEY_EXCHANGE, "x25519", "x25519_peer"),
    (BULK_CIPHER, "aes256ctr", "aes_ctr"),
    (AEAD, "aes256gcm", "aes_gcm"),
]


@pytest.mark.parametrize(("kind", "name", "oracle"), PEERS, ids=[name for _, name, _ in PEERS])
def test_the_quick_peers_of_other_tests_are_good_plugins(kind: AnyKind, name: str, oracle: str, run: RunCheck) -> None:
    """Beside them stand claims, and no answers: the oracle gives those."""
    target = Target("peers", "tests.support.peers", kind, name, oracle=f"tests.contract.oracles:{oracle}")
    outcomes = [run(target, check.id) for check in checks_for(kind) if not check.processes]
    assert [outcome for outcome in outcomes if outcome.verdict in (Verdict.FAILED, Verdict.ERROR)] == []


BROKEN = [
    exhibit
    for exhibit in exhibits()
    if any(check_id.endswith("-51") for check_id in exhibit.specimen.found_by) or exhibit.specimen.__name__ in CARRIES
]


@pytest.mark.parametrize("exhibit", BROKEN, ids=lambda exhibit: exhibit.name)
def test_what_known_answers_find_an_oracle_finds(exhibit: Exhibit, run: RunCheck) -> None:
    """And more: of the counters that lose a carry, the known answers show but some."""
    prefix = exhibit.specimen.found_by[0].partition("-")[0]
    outcome = run(zoo(exhibit.name, ORACLES[exhibit.target().name]), f"{prefix}-51")
    assert outcome.finding is not None
    assert "than that of the oracle" in outcome.finding.what


LOOKS = (
    ("mac.DigitsOfKey", "MAC-51"),
    ("mac.LettersBehind", "MAC-51"),
    ("bulk_cipher.HalvesOfKey", "CIP-51"),
    ("bulk_cipher.LettersOfIv", "CIP-51"),
    ("aead.DigitsOfKey", "AEAD-51"),
    ("aead.NonceTurned", "AEAD-51"),
    ("key_exchange.LettersOfPrivateKey", "KEX-51"),
    ("key_exchange.LettersOfCiphertext", "KEX-51"),
)


@pytest.mark.parametrize(("name", "check_id"), LOOKS)
def test_an_oracle_is_asked_about_keys_that_look_like_text_and_numbers(name: str, check_id: str, run: RunCheck) -> None:
    exhibit = next(exhibit for exhibit in exhibits() if exhibit.name == name)
    outcome = run(zoo(name, ORACLES[exhibit.target().name]), check_id)
    assert outcome.verdict is Verdict.FAILED, outcome
    assert outcome.finding is not None
    assert "than that of the oracle" in outcome.finding.what


def test_the_inputs_that_the_kit_asks_about_are_as_varied_as_known_answers_must_be(partners: Registry) -> None:
    for target, kind in GOOD:
        module = {"MAC": of_macs, "CIP": of_ciphers, "AEAD": of_aeads}.get(kind)
        if module is not None:
            trial = Trial(Session.begin(target, "1", Effort.QUICK, partners), f"{kind}-51")
            asked = [dict(zip(module.FIELDS, inputs, strict=False)) for inputs in module.QUESTION.inputs(trial)]
            assert list(module.missing(trial, asked)) == []
            assert list(module.missing(trial, asked[:40])) != []
            sizes = [len(inputs[module.FIELDS[-2]]) for inputs in asked]
            assert sizes[:30] == sorted(sizes[:30])
            assert {65_535, 65_536, 65_537} <= set(sizes)


def test_known_answers_are_still_checked_beside_an_oracle(tmp_path: Path, run: RunCheck) -> None:
    answer = {"key": "00" * 32, "message": "00", "tag": "00" * 32}
    place = tmp_path / "wrong.json"
    place.write_text(json.dumps({"primitives": {"hmac": {"answers": [answer]}}}))
    outcome = run(replace(HMAC, vectors=str(place)), "MAC-51")
    assert outcome.finding is not None
    assert outcome.finding.what == "answer 0: another tag, from byte 0 on"
    place.write_text("{")
    assert "cannot be read" in str(run(replace(HMAC, vectors=str(place)), "MAC-51").finding)


def test_the_smallest_input_on_which_they_differ_is_shown(run: RunCheck) -> None:
    outcome = run(replace(HMAC, oracle="tests.contract.oracles:wrong_beyond_5000"), "MAC-51")
    assert outcome.finding is not None
    assert outcome.finding.what.startswith(
        "another tag than that of the oracle tests.contract.oracles:wrong_beyond_5000"
    )
    assert outcome.finding.inputs["message"].endswith("(5001 bytes)")
    assert "--oracle tests.contract.oracles:wrong_beyond_5000" in outcome.finding.reproduce


def test_an_oracle_that_runs_the_plugins_code_is_refused(run: RunCheck) -> None:
    outcome = run(replace(HMAC, oracle="tests.contract.oracles:the_plugin_in_disguise"), "MAC-51")
    assert outcome.finding is not None
    assert "runs the plugin's own code" in outcome.finding.what
    with pytest.raises(ConfigurationError, match="is the plugin's own code"):
        targets("hmac", oracle="plugins.hmac_sha256.mac:HmacSha256.authenticator")


@pytest.mark.parametrize(("name", "said"), [("raises", "raised LookupError"), ("gives_text", "gave str")])
def test_a_fault_of_the_oracles_is_an_error_and_no_finding(name: str, said: str, run: RunCheck) -> None:
    outcome = run(replace(HMAC, oracle=f"tests.contract.oracles:{name}"), "MAC-51")
    assert outcome.verdict is Verdict.ERROR
    assert outcome.note.startswith(f"the oracle tests.contract.oracles:{name} {said}")
    assert name != "raises" or "an oracle's own fault" in outcome.note


def test_an_oracle_that_hangs_is_not_laid_to_the_plugin_alone(run: RunCheck) -> None:
    outcome = run(replace(HMAC, oracle="tests.contract.oracles:hangs"), "MAC-51", 0.5)
    assert outcome.finding is not None
    assert "the plugin or its oracle did not come back" in outcome.finding.what


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no colon", "is named package.module:function"),
        ("there.is.no:such", "cannot be imported: ModuleNotFoundError"),
        ("tests.contract.oracles:missing", "cannot be imported: AttributeError"),
        ("tests.contract.oracles:NO_FUNCTION", "is no function but bytes"),
    ],
)
def test_an_oracle_that_is_none_is_told_so_at_once(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        contract_for("hmac", oracle=name)


def test_a_function_is_known_by_its_name_and_one_without_is_refused() -> None:
    assert resolve(name_of(oracles.hmac_sha256)) is oracles.hmac_sha256
    with pytest.raises(ConfigurationError, match="which another process can import"):
        name_of(lambda key, message: key + message)
    with pytest.raises(ConfigurationError, match="speaks for one primitive: name one of bg"):
        targets("blumgoldwasser", oracle="tests.contract.oracles:x25519_dhkem")


def test_a_contract_takes_a_function(tmp_path: Path) -> None:
    for oracle, green in ((oracles.hmac_sha256, True), (oracles.wrong_beyond_5000, False)):
        contract = contract_for("hmac", oracle=oracle, vectors=tmp_path / "none.json")
        test = getattr(contract(), "test_MAC_51")  # noqa: B009
        try:
            if green:
                test()
            else:
                with pytest.raises(BrokenContract, match="another tag"):
                    test()
        finally:
            contract.teardown_class()


def test_the_command_finds_an_oracle_in_the_folder_where_it_runs(tmp_path: Path) -> None:
    (tmp_path / "peer.py").write_text(
        "import hmac\ndef tag(key, message):\n    return hmac.digest(key, message, 'sha256')\n"
    )
    program = "import sys; sys.path.pop(0); from framework.contract.cli import main; main()"
    command = [sys.executable, "-c", program, "check-plugin", "hmac", "--only", "MAC-51", "--vectors", "none.json"]
    ended = subprocess.run([*command, "--oracle", "peer:tag"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = subprocess.run(
        [*command, "--oracle", "peer:seal"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert "the oracle peer:seal cannot be imported" in ended.stderr
    assert str(ROOT) not in ended.stderr
