"""Wrong keys, wrong suites, and servers that are no banks: exit code 3, and a sentence that says what to do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.e2e.programs import QUICK_SUITE, Programs, Town

OTHER_SUITE = "des3-bg-hmac"


@contextmanager
def server(serve: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that is no bank; each connection is given to `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(20)


def silence(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)
    silence(connection)


def a_huge_frame(connection: socket.socket) -> None:
    connection.sendall(b"\x02\x01\0\0\xff\xff\xff\xff" + bytes(100_000))
    silence(connection)


def hang_up(connection: socket.socket) -> None:
    connection.recv(1)


def test_servers_that_are_no_banks(town: Town) -> None:
    card = town.account()
    for serve, said in (
        (garbage, "speaks another protocol; is the address that of a bank?"),
        (a_huge_frame, "speaks another protocol"),
        (hang_up, "closed the connection and gave no reason"),
    ):
        with server(serve) as address:
            ended = town.atm(address, card, "deposit", "5")
        assert ended.code == 3, serve
        assert f"at {address} {said}" in ended.only_refusal
        assert ended.only_refusal.rstrip().endswith(" No DEPOS was sent.")
    assert not card.with_name(f"{card.name}.pending").exists()  # no channel came about: nothing was sent


def test_a_server_that_never_answers_is_given_up_within_seconds(town: Town) -> None:
    card = town.account()
    with server(silence) as address:
        begin = time.monotonic()
        ended = town.atm(address, card, "check")
        took = time.monotonic() - begin
    assert ended.code == 3
    assert "did not answer in time" in ended.only_refusal
    assert 4.5 < took < 30  # 5 s for the handshake; the rest is a busy machine's


def test_nobody_listens(town: Town) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"127.0.0.1:{gone.getsockname()[1]}"
    ended = town.atm(address, town.account(), "check")
    assert ended.code == 3
    assert f"cannot connect to {address}: Connection refused; is the bank running" in ended.only_refusal


def test_hosts_that_are_none(town: Town) -> None:
    card = town.account()
    for host in ("a..b", "x" * 200):
        ended = town.atm(f"{host}:7000", card, "check")
        assert ended.code == 3
        assert f"There is no host {host}" in ended.only_refusal


def test_the_suite_of_the_bank_is_another(town: Town) -> None:
    assert town.bank(suite=OTHER_SUITE).stop() == 0  # so that there is a key for the suite that it does not serve
    bank, card = town.bank(), town.account()
    options = town.atm_options(bank, card)
    options[1] = OTHER_SUITE
    ended = town.programs.run_warm("atm", *options, "deposit", "5")
    assert ended.code == 3
    assert f"the suite, here {OTHER_SUITE}" in ended.only_refusal
    assert town.atm(bank, card, "check").out == "CHECK ok, balance 0.00\n"


def test_the_bank_is_not_known(town: Town) -> None:
    bank, card, programs = town.bank(), town.account(), town.programs
    options = ["atm", "--suite", QUICK_SUITE, "--connect", bank.address, "--card", card]
    assert "How is the bank known?" in programs.run_warm(*options, "check").only_refusal
    missing = programs.run_warm(*options, "--known-banks", "none", "check")
    assert missing.code == 2
    assert (
        f"The bank {bank.address} is not in none for the suite {QUICK_SUITE}; get its bank.pub" in missing.only_refusal
    )
    assert not (programs.folder / "none").exists()


def test_a_bank_that_has_made_a_new_key_is_not_talked_to(town: Town, programs: Programs) -> None:
    """Its old key is on record: known-banks says so, and the channel does not come about."""
    card = town.account()
    old = town.bank()
    known = ["--suite", QUICK_SUITE, "--connect", old.address, "--known-banks", "known"]
    new_key = programs.folder / "elsewhere" / "bank.pub"
    assert programs.run_warm("trust", *known, "--bank-key", town.data_dir / "bank.pub").code == 0
    record = (programs.folder / "known").read_bytes()
    assert old.stop() == 0
    (town.data_dir / f"{QUICK_SUITE}.key").unlink()
    new = town.bank(listen=old.address)
    assert new.fingerprint != old.fingerprint
    ended = programs.run_warm("atm", *known, "--card", card, "deposit", "5")
    assert ended.code == 3
    assert f"its key, here {old.fingerprint}" in ended.only_refusal
    new_key.parent.mkdir()
    new_key.write_bytes((town.data_dir / "bank.pub").read_bytes())
    for command in (["trust"], ["atm", "--card", card]):
        changed = programs.run_warm(*command, *known, "--bank-key", new_key)
        assert changed.code == 3
        assert f"THE KEY OF THE BANK {old.address} HAS CHANGED" in changed.only_refusal
        assert f"it was {old.fingerprint} and is now {new.fingerprint}" in changed.refusal
    assert (programs.folder / "known").read_bytes() == record
    assert town.balance() == 0


def test_a_suite_that_is_not_on_record_is_no_way_round_the_key_that_is(town: Town) -> None:
    """Nobody listens at that address: had the ATM gone on, it would say so, and exit with 3."""
    card, programs = town.account(), town.programs
    to_bank = ["--connect", "127.0.0.1:1", "--known-banks", "known"]
    trusted = programs.run_warm("trust", "--suite", QUICK_SUITE, *to_bank, "--bank-key", town.data_dir / "bank.pub")
    assert trusted.code == 0
    assert town.bank(suite=OTHER_SUITE).stop() == 0
    (programs.folder / "new.pub").write_bytes((town.data_dir / "bank.pub").read_bytes())
    (programs.folder / "suitecase.toml").write_text(f'suite = "{OTHER_SUITE}"\nbank_key = "new.pub"\n')
    to_bank += ["--config", "suitecase.toml"]
    atm = ["atm", *to_bank, "--card", card, "deposit", "5"]
    ended = programs.run_warm(*atm)
    assert ended.code == 2
    assert f"is in known for {QUICK_SUITE}, and not for the suite {OTHER_SUITE}; choose" in ended.only_refusal
    assert programs.run_warm("trust", *to_bank).code == 0
    assert "cannot connect to 127.0.0.1:1" in programs.run_warm(*atm).only_refusal


def test_an_impostor_with_the_address_of_the_bank(town: Town) -> None:
    """A bank of the same suite with a key of its own."""
    card = town.account()
    key = (town.data_dir / "bank.pub").read_bytes()
    (town.data_dir / f"{QUICK_SUITE}.key").unlink()
    impostor = town.bank()
    (town.data_dir / "bank.pub").write_bytes(key)
    ended = town.atm(impostor, card, "withdraw", "5")
    assert ended.code == 3
    assert "it never does, but its log says it" in ended.only_refusal


def test_bank_keys_that_are_none(town: Town) -> None:
    bank, card, key = town.bank(), town.account(), town.data_dir / "bank.pub"
    good = key.read_bytes()
    heading, identity, line = (line for line in good.splitlines() if not line.startswith(b"#"))
    renamed = line.replace(QUICK_SUITE.encode(), b"des3-x-hmac")
    for bad, said in (
        ([b""], f"has no key for the suite {QUICK_SUITE} (it has: none)"),
        ([heading], "is cut short"),
        ([heading, identity], f"has no key for the suite {QUICK_SUITE} (it has: none)"),
        ([heading, identity, renamed], "is malformed: the key is not signed by the bank's identity"),
        ([heading, identity, line[:-8]], "is malformed"),
        ([heading, identity, line, line], "is a second key"),
        ([renamed.rpartition(b" ")[0]], "(it has: des3-x-hmac)"),  # in the form without an identity
        ([b"\xff\xfe"], "is not a text file"),
    ):
        key.write_bytes(b"\n".join(bad))
        ended = town.atm(bank, card, "check")
        assert ended.code == 2
        assert said in ended.only_refusal
    key.write_bytes(good)
    key.chmod(0o666)
    assert "can be changed by other users (mode 0666); run `chmod go-w" in town.atm(bank, card, "check").only_refusal
