"""No key, and no key with its IV or nonce, is ever used twice: over handshakes, directions, epochs and reconnections.

Spies in place of the primitives write down what they are keyed with.
"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from framework import InvalidKeyError, KeyPair
from framework.kinds.bulk_cipher import Encryptor
from framework.limits import Limits
from tests.support.budget import examples
from tests.support.channels import NOW, Pair, aead_suite, etm_suite, messages, open_pair
from tests.support.peers import X25519Kem
from tests.support.spies import Record, SpyAead, SpyCipher, SpyKem, SpyMac

STATIC: KeyPair = X25519Kem().generate_key_pair()

said_by_both = st.lists(st.tuples(st.booleans(), st.binary(max_size=240)), max_size=12)
conversations = st.lists(said_by_both, min_size=1, max_size=3)


def converse(pair: Pair, said: list[tuple[bool, bytes]]) -> None:
    """Both directions; every message arrives."""
    for from_client, payload in said:
        sender, receiver = pair.sides(from_client=from_client)
        sender.send(payload, NOW)
        assert messages(receiver.receive_data(sender.data_to_send(), NOW)) == [payload]
    pair.client.close(NOW)
    pair.server.close(NOW)
    pair.exchange()


@examples(25)
@given(conversations=conversations)
def test_a_bulk_cipher_and_a_mac_never_meet_a_key_again(conversations: list[list[tuple[bool, bytes]]]) -> None:
    record = Record()
    suite = etm_suite(
        kex=SpyKem(record),
        cipher=SpyCipher(record),
        mac=SpyMac(record),
        limits=Limits(max_inner=256, pad_quantum=32, epoch_limit=600),
    )
    for said in conversations:
        converse(open_pair(suite, key_pair=STATIC), said)

    sealing = record.encryptors
    assert len(set(sealing)) == len(sealing), "a key and its IV encrypt one epoch of one direction"
    assert sorted(record.decryptors) == sorted(sealing), "and decrypt it once, at the other end"
    encryption_keys = {key for key, _ in sealing}
    assert len(encryption_keys) == len(sealing)
    assert len({iv for _, iv in sealing}) == len(sealing)
    mac_keys = Counter(record.mac_keys)
    assert set(mac_keys.values()) == {2}, "one for each side"
    assert len(mac_keys) == len(sealing)
    assert not encryption_keys & set(mac_keys)
    assert not (encryption_keys | set(mac_keys)) & set(record.shared_secrets)
    assert len(set(record.shared_secrets)) == 2 * len(conversations)
    assert len(sealing) >= 5 * len(conversations), "three handshake messages and two directions"


@examples(25)
@given(conversations=conversations)
def test_an_aead_never_meets_a_key_with_a_nonce_again(conversations: list[list[tuple[bool, bytes]]]) -> None:
    record = Record()
    limits = Limits(max_inner=256, pad_quantum=32, epoch_limit=3)
    suite = aead_suite(kex=SpyKem(record), aead=SpyAead(record), limits=limits)
    for said in conversations:
        converse(open_pair(suite, key_pair=STATIC), said)

    assert len(set(record.nonces)) == len(record.nonces)
    per_key = Counter(key for key, _ in record.nonces)
    assert max(per_key.values()) <= 3, "the limit of an epoch"
    keys = Counter(record.aead_keys)
    assert set(keys.values()) == {2}, "one for each side"
    assert not set(keys) & set(record.shared_secrets)


class Fussy(SpyCipher):
    """Calls a key weak by its first byte, as a real cipher would by the key alone, so that both sides agree."""

    def __init__(self, record: Record, below: int) -> None:
        super().__init__(record)
        self.below = below

    def check_key(self, key: bytes) -> None:
        if key[0] < self.below:
            raise InvalidKeyError("weak")


@examples(10)
@given(said=said_by_both, below=st.sampled_from([1, 128, 230]))
def test_a_weak_key_is_never_used_and_both_sides_find_the_same_other(
    said: list[tuple[bool, bytes]], below: int
) -> None:
    """PROTOCOL §6.4, also when nine keys of ten are weak."""
    record = Record()
    limits = Limits(max_inner=256, pad_quantum=32, epoch_limit=600)
    converse(open_pair(etm_suite(cipher=Fussy(record, below), limits=limits), key_pair=STATIC), said)
    assert min(key[0] for key, _ in record.encryptors) >= below
    assert sorted(record.decryptors) == sorted(record.encryptors)


class CountingCipher(SpyCipher):
    """Writes down which bytes of which keystream have been used, and by whom."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.positions: list[tuple[bytes, bytes, int, int]] = []

    def encryptor(self, key: bytes, iv: bytes) -> Encryptor:  # type: ignore[override]
        inner, outer, used = super().encryptor(key, iv), self, 0

        class Counting:
            def encrypt(self, record: bytes) -> bytes:
                nonlocal used
                outer.positions.append((key, iv, used, used + len(record)))
                used += len(record)
                return inner.encrypt(record)

        return Counting()


@examples(20)
@given(said=said_by_both)
def test_no_byte_of_keystream_is_used_twice_and_none_beyond_the_limit(said: list[tuple[bool, bytes]]) -> None:
    cipher = CountingCipher(Record())
    suite = etm_suite(cipher=cipher, limits=Limits(max_inner=256, pad_quantum=32, epoch_limit=600))
    converse(open_pair(suite, key_pair=STATIC), said)
    ends: dict[tuple[bytes, bytes], int] = {}
    for key, iv, start, end in cipher.positions:
        assert start == ends.get((key, iv), 0)
        assert end <= 600
        ends[key, iv] = end
    assert len({key for key, _ in ends}) == len(ends)


def test_a_forgery_makes_the_receiver_use_no_keystream() -> None:
    record = Record()
    pair = open_pair(etm_suite(cipher=SpyCipher(record), mac=SpyMac(record)))
    pair.client.send(b"x", NOW)
    wire = bytearray(pair.client.data_to_send())
    wire[-1] ^= 1
    record.calls.clear()
    pair.server.receive_data(bytes(wire), NOW)
    assert record.calls == ["verify"]


def test_each_side_asks_of_each_primitive_what_the_protocol_says_and_no_more() -> None:
    """A whole handshake and one message: six keyings of cipher and MAC by each side, in pairs."""
    record = Record()
    suite = etm_suite(kex=SpyKem(record), cipher=SpyCipher(record), mac=SpyMac(record))
    pair = open_pair(suite, key_pair=STATIC)
    asked = [call for call in record.calls if not call.startswith("check")]
    seal, unseal = ["encrypt", "tag"], ["verify", "decrypt"]
    assert asked == [
        *["generate_key_pair", "encapsulate", *seal],  # M1
        *["decapsulate", *unseal, "encapsulate", *seal],  # M2
        *["decapsulate", *unseal, *seal],  # M3
        *unseal,
    ]
    record.calls.clear()
    pair.client.send(b"x", NOW)
    pair.exchange()
    assert record.calls == seal + unseal
