"""A session with anyone at the other end: every message has an answer, and only a good card moves money."""

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.bank.admission import OpenSessions
from app.bank.session import BankSession, SessionState
from app.ledger import Ledger
from app.ledger.direct import DirectLedger
from app.protocol.messages import (
    Accepted,
    CardAccepted,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    Unintelligible,
    WithdrawRequest,
    encode,
    read_reply,
)
from app.protocol.secret import CardSecret

_SHM = Path("/dev/shm")  # noqa: S108  # the disk is not what is tested; each directory in it is private
MEMORY = _SHM if _SHM.is_dir() else None
GOOD, BAD = CardSecret(b"\x01" * 32), CardSecret(b"\x02" * 32)

identities = st.integers(0, 5).map(lambda number: f"{number:032x}")
valid = st.one_of(
    st.builds(CardRequest, account=st.sampled_from(["demo", "other"]), secret=st.sampled_from([GOOD, BAD])),
    st.builds(CheckRequest, id=identities),
    st.builds(DepositRequest, id=identities, amount=st.integers(1, 100)),
    st.builds(WithdrawRequest, id=identities, amount=st.integers(1, 100)),
).map(encode)
cut = st.tuples(valid, st.integers(0, 80)).map(lambda pair: pair[0][: pair[1]])
joined = st.tuples(valid, valid).map(b"".join)
flipped = st.tuples(valid, st.integers(0, 60), st.integers(1, 255)).map(
    lambda triple: bytes(byte ^ triple[2] if place == triple[1] else byte for place, byte in enumerate(triple[0]))
)
messages = st.lists(valid | valid | flipped | cut | joined | st.binary(max_size=300), max_size=12)


@settings(max_examples=100, deadline=None)
@given(messages)
@example(
    [
        encode(CardRequest(account="demo", secret=GOOD)),
        encode(CheckRequest(id="1" * 32)),
        encode(DepositRequest(id="2" * 32, amount=1)),
        encode(CheckRequest(id="1" * 32)),
    ]
)
async def test_every_message_has_an_answer_and_only_a_good_card_moves_money(messages: list[bytes]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as directory,
        Ledger(Path(directory) / "ledger.sqlite3") as ledger,
    ):
        ledger.open_account("demo", GOOD.digest())
        session = BankSession(DirectLedger(ledger), OpenSessions(8), hang_up=lambda: None)
        answers: dict[str, Accepted | Refused] = {}
        for message in messages:
            before = session.state
            served = session.account
            reply = read_reply(await session.handle(message))
            if isinstance(reply, Unintelligible):
                assert session.state is (SessionState.CLOSED if before is SessionState.EXPECT_CARD else before)
            elif isinstance(reply, CardAccepted):
                assert message == encode(CardRequest(account="demo", secret=GOOD))
                assert session.account == "demo"
            elif isinstance(reply, Accepted) and reply.type == "CHECK":
                assert served == "demo"
                assert reply.balance == ledger.balance("demo")
            elif isinstance(reply, Accepted):
                assert served == "demo"
                if answers.setdefault(reply.id, reply) is reply:
                    assert reply.balance == ledger.balance("demo")
                else:  # repeated: the answer of then, which need not be the balance of now
                    assert reply == answers[reply.id]
            elif isinstance(reply, Refused) and served is None:
                assert reply.error == Refusal.CARD_REQUIRED
                assert session.finished
            elif isinstance(reply, Refused) and reply.error != Refusal.REQUEST_ID_REUSED:
                assert reply == answers.setdefault(reply.id, reply)
        if session.account is None:
            assert ledger.verify().total == 0
        ledger.verify()
