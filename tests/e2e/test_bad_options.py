"""Options, environment and configuration file: what wins, and what is refused in one sentence."""

import os
import socket
import stat

from tests.e2e.programs import QUICK_SUITE, Case, Programs, Town

ARGUMENTS = [
    Case(["--suite", "nope"], "The option --suite is not usable: 'nope' is no suite name"),
    Case(["--suite", "des3-nope-hmac"], "no key exchange named 'nope'; known: bg"),
    Case(["bank", "--suite", "aes-bg"], "no AEAD named 'aes'; known: none"),
    Case(["atm", "--suite", "DES3-BG-HMAC"], "Which bank?"),
    Case(["--suite", "a\nb\x1b[31m"], "'a\\nb\\x1b[31m'"),
    Case(["--allow-plugin", "nobody"], "no plugin named 'nobody' to allow"),
    Case(["--nonsense"], "No such option: --nonsense"),
    Case(["frobnicate"], "No such command 'frobnicate'"),
    Case(["--suite"], "Option '--suite' requires an argument"),
    Case(["--data-dir", ""], "a path cannot be empty"),
    Case(["--config", "nowhere.toml"], "There is no configuration file nowhere.toml"),
    Case(["--config", "/"], "The configuration file / is not a regular file; check the path"),
    Case(["bank", "extra"], "No such command 'extra'"),
    Case(["bank", "--listen", "7100"], "'7100' is not an address to listen on; write host:port, as 127.0.0.1:7000, or"),
    Case(["bank", "--listen", "127.0.0.1:70000"], "'127.0.0.1:70000' is not an address to listen on"),
    Case(["bank", "--listen", "two words:0"], "'two words:0' is not an address to listen on"),
    Case(["bank", "--listen", "127.0.0.1:-1"], "is not an address to listen on"),
    Case(["atm", "check"], "Which bank?"),
    Case(["atm", "--connect", "127.0.0.1:7000", "check"], "Which card?"),
    Case(["atm", "frob"], "'frob' is no request"),
    Case(["atm", "--frob", "check"], "No such option: --frob; `suitecase atm --help` tells what there is"),
    Case(["atm", "--jsn", "check"], "No such option: --jsn (Possible options: --json); `suitecase atm --help` tells"),
    Case(["atm", "--jsn=1", "check"], "No such option: --jsn (Possible options: --json)"),
    Case(["atm", "check", "--jsn"], "No such option: --jsn"),
    Case(["atm", "deposit", "--jsn", "5"], "No such option: --jsn"),
    Case(["atm", "--card", "--frob", "check"], "Which bank?"),  # the name of a file
    Case(["atm", "--", "--frob"], "'--frob' is no request"),
    Case(["atm", "deposit", "5,50"], "a point and not a comma"),
    Case(["atm", "check", "5"], "check takes nothing after it"),
    Case(["atm", "deposit"], "How much?"),
    Case(["atm", "withdraw", "-5"], "'-5' is not an amount"),
    Case(["atm", "deposit", "1e9"], "'1e9' is not an amount"),
    Case(["atm", "deposit", "0"], "more than zero"),
    Case(["open-account"], "Missing argument"),
    Case(["open-account", "Alice"], "'Alice' cannot be an account's name"),
    Case(["open-account", "a" * 33], "cannot be an account's name"),
    Case(["open-account", "../x"], "cannot be an account's name"),
    Case(["trust", "--connect", "127.0.0.1:7000"], "Give all of"),
]
HOSTS = ["a..b", "x" * 200]
FILES = [
    (b"suite = ", "it is not TOML"),
    (b'suite = "a"\nsuite = "b"', "it is not TOML"),
    (b'suite = "\xff"', "it is not UTF-8"),
    (b'suit = "des3-bg-hmac"', "There is no setting 'suit', as suitecase.toml has it; the settings are suite, "),
    (b"suite = 5", "The setting suite in suitecase.toml is not usable: text in quotes is expected"),
    (b"data_dir = 5", "The setting data_dir in suitecase.toml is not usable"),
    (b'data_dir = ""', "a path cannot be empty"),
    (b'data_dir = "a\\u0000b"', "a path cannot contain NUL"),
    (b'log_json = "perhaps"', "true or false is expected"),
    (b"allow_plugin = [1]", "The setting allow_plugin in suitecase.toml"),
    (
        b'allow_plugin = ["nobody"]',
        "The setting allow_plugin in suitecase.toml is not usable: the file lies in the c",
    ),
    (b'suite = "nope"', "The setting suite in suitecase.toml is not usable: 'nope' is no suite name"),
    (b'[suite]\nname = "x"', "The setting suite in suitecase.toml"),
]


def test_what_makes_no_sense_is_refused_and_leaves_nothing(programs: Programs) -> None:
    for case, folder, ended in programs.run_many(ARGUMENTS):
        assert ended.code == 2, case
        assert case.said in ended.only_refusal
        assert list(folder.iterdir()) == [], case


def test_a_host_that_is_none(programs: Programs) -> None:
    cases = [Case(["bank", "--suite", QUICK_SUITE, "--listen", f"{host}:7000"], host) for host in HOSTS]
    for case, _folder, ended in programs.run_many(cases):
        assert ended.code == 2
        assert f"cannot listen on {case.said}:7000" in ended.only_refusal


def test_a_port_in_use(programs: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = programs.run_warm("bank", "--suite", QUICK_SUITE, "--listen", address)
    assert ended.code == 2
    assert f"cannot listen on {address}: Address already in use" in ended.only_refusal
    assert not (programs.folder / "home/data").exists()  # not even the data directory


def test_a_broken_configuration_file(programs: Programs) -> None:
    cases = [Case([], said, files={"suitecase.toml": text}) for text, said in FILES]
    for case, folder, ended in programs.run_many(cases):
        assert ended.code == 2, case
        assert case.said in ended.only_refusal
        assert [path.name for path in folder.iterdir()] == ["suitecase.toml"]


def test_a_configuration_file_that_cannot_be_read(programs: Programs) -> None:
    (programs.folder / "suitecase.toml").symlink_to("suitecase.toml")
    ended = programs.run_warm("suites", "--config", "suitecase.toml")
    assert ended.code == 2
    assert "suitecase.toml cannot be read: Too many levels of symbolic links" in ended.only_refusal
    assert "suitecase.toml is a symbolic link; put the file itself there" in programs.run_warm("suites").only_refusal


def test_a_pipe_for_a_configuration_file_holds_no_command_up(programs: Programs) -> None:
    os.mkfifo(programs.folder / "suitecase.toml")
    for command in (["suites"], ["bank"], ["atm", "check"], []):
        ended = programs.run_warm(*command)
        assert ended.code == 2
        assert "The configuration file suitecase.toml is not a regular file; check the path" in ended.only_refusal


def test_a_broken_environment(programs: Programs) -> None:
    for name in ("LOG_JSON", "JSON", "QUIET"):
        ended = programs.run_warm("bank", "--suite", "nope", environment={f"SUITECASE_{name}": "perhaps"})
        assert ended.code == 2
        assert f"The environment variable SUITECASE_{name} is not usable: true or false" in ended.only_refusal


def test_variables_that_are_misspelt_are_told(programs: Programs) -> None:
    wrong = {
        "SUITECASE_DATADIR": "did you mean SUITECASE_DATA_DIR?",
        "SUITECASE_PORT": "there are SUITECASE_ALLOW_PLUGIN, SUITECASE_BANK_KEY, SUITECASE_CARD, SUITECASE_CONFIG, ",
        "suitecase_suit": "did you mean SUITECASE_SUITE?",
        "SUITECASE_DES3": "there are",  # no plugin's, for nothing stands behind its name
    }
    ended = programs.run_warm("suites", environment=dict.fromkeys(wrong, "x"))
    assert ended.code == 0
    assert len(ended.err.splitlines()) == len(wrong)
    for (name, said), line in zip(sorted(wrong.items()), ended.err.splitlines(), strict=True):
        assert f"The environment variable '{name}' is not known, and ignored; {said}" in line


def test_variables_of_plugins_and_tests_are_theirs(programs: Programs) -> None:
    theirs = {"SUITECASE_DES3_ENGINE": "bitarray", "SUITECASE_DEEP": "1", "SUITECASE_HMAC_SHA256_X": "1"}
    ours = {"suitecase_suite": "des3-bg-hmac", "SUITECASE_CARD": ""}
    assert programs.run_warm("suites", environment=theirs | ours).err == ""


def test_the_default_suite_is_said_to_be_the_default(programs: Programs) -> None:
    ended = programs.run_warm(environment={"SUITECASE_DES3_ENGINE": "steam"})
    assert "The default of suite is not usable: " in ended.only_refusal


def test_a_plugin_that_fails_is_told_where_its_suites_are_missed(programs: Programs) -> None:
    ended = programs.run_warm("suites", environment={"SUITECASE_DES3_ENGINE": "steam"})
    assert (ended.code, "des3" in ended.out) == (0, False)
    (line,) = ended.err.splitlines()
    assert "it makes no suite: plugin 'des3'" in line
    assert "SUITECASE_DES3_ENGINE is 'steam'" in line


def test_options_that_are_no_settings_stand_in_the_environment_too(programs: Programs) -> None:
    by_option, plain = programs.run_warm("suites", "--json"), programs.run_warm("suites")
    for value in ("1", "True", "yes", "on"):
        assert programs.run_warm("suites", environment={"SUITECASE_JSON": value}).out == by_option.out
    for value in ("", "0", "false", "No", "off"):
        assert programs.run_warm("suites", environment={"SUITECASE_JSON": value}).out == plain.out
    (programs.folder / "my.toml").write_text('suite = "a-b"\n')
    (programs.folder / "other.toml").write_text('suite = "c-d"\n')
    (programs.folder / "suitecase.toml").write_text('suite = "e-f"\n')
    named = {"SUITECASE_CONFIG": "my.toml"}
    for options, environment, file, winner in (
        (["bank"], {}, "suitecase.toml", "f"),
        (["bank"], named, "my.toml", "b"),
        (["bank"], {"suitecase_config": "my.toml"}, "my.toml", "b"),
        (["bank"], {"SUITECASE_CONFIG": ""}, "suitecase.toml", "f"),
        (["bank", "--config", "other.toml"], named, "other.toml", "d"),
        (["--config", "other.toml", "bank"], named, "other.toml", "d"),
    ):
        refusal = programs.run_warm(*options, environment=environment).only_refusal
        assert f"The setting suite in {file} is not usable" in refusal
        assert f"named '{winner}'" in refusal
    missing = programs.run_warm("bank", environment={"SUITECASE_CONFIG": "nowhere"})
    assert "There is no configuration file nowhere" in missing.only_refusal


def test_a_bank_is_quiet_by_the_environment(town: Town) -> None:
    town.account()  # else the bank says that its ledger is new
    for value, lines in (("1", 2), ("0", 4)):  # the suite's two warnings; and that it listens, and that it ends
        town.programs.extra["SUITECASE_QUIET"] = value
        bank = town.bank()
        assert bank.stop() == 0
        assert len(bank.log.splitlines()) == lines, bank.log


def test_options_win_over_the_environment_and_that_over_the_file(programs: Programs) -> None:
    """Read off the sentence that refuses each: no bank need be made."""
    cases = [
        Case(
            ["--suite", option] if option else [],
            f"The {origin} is not usable: there is no key exchange named '{winner}'",
            files={"suitecase.toml": b'suite = "e-f"'},
            environment={"SUITECASE_SUITE": variable},  # an empty one is as good as none
        )
        for option, variable, winner, origin in (
            ("a-b", "c-d", "b", "option --suite"),
            ("", "c-d", "d", "environment variable SUITECASE_SUITE"),
            ("", "", "f", "setting suite in suitecase.toml"),
            ("a-b", "", "b", "option --suite"),
        )
    ]
    for case, _folder, ended in programs.run_many(cases):
        assert case.said in ended.only_refusal


def test_the_file_sets_what_the_options_set(programs: Programs) -> None:
    elsewhere = programs.folder / "elsewhere"
    elsewhere.mkdir()
    config = elsewhere / "my.toml"
    config.write_text(f'suite = "{QUICK_SUITE}"\ndata_dir = "kept"\nlog_json = true\n')
    ended = programs.run_warm("--config", config, given="DEPOS 1\n")
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 1.00\n")
    assert QUICK_SUITE in ended.err
    assert (elsewhere / "kept" / "ledger.sqlite3").exists()  # relative to the file, not to where one stands
    ended = programs.run_warm(given="CHECK\n", environment=_as_variables(elsewhere))
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 1.00\n")


def _as_variables(elsewhere: os.PathLike[str]) -> dict[str, str]:
    return {"SUITECASE_SUITE": QUICK_SUITE, "SUITECASE_DATA_DIR": f"{os.fspath(elsewhere)}/kept"}


def test_options_before_the_command_serve_too(programs: Programs) -> None:
    before = programs.run_warm("--json", "--allow-plugin", "nobody", "suites")
    assert "no plugin named 'nobody'" in before.only_refusal
    assert programs.run_warm("--json", "suites").out == programs.run_warm("suites", "--json").out
    name = programs.run_warm("--data-dir", "here", "open-account", "bob")
    assert (name.code, name.out) == (0, "account bob is open; its card is bob.card\n")
    assert stat.S_IMODE((programs.folder / "bob.card").stat().st_mode) == 0o600
    after = programs.run_warm("--data-dir", "there", "open-account", "bob", "--data-dir", "here", "--card", "b2.card")
    assert after.code == 2
    assert "There is an account bob already" in after.only_refusal
    assert not (programs.folder / "there").exists()
    assert not (programs.folder / "b2.card").exists()
