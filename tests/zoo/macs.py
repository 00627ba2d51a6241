"""HMAC-SHA-256 right and wrong: each specimen differs from the good one by the flaw that its docstring names."""

import hmac
import zlib
from collections.abc import Sequence
from hashlib import sha256, sha512
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from framework import InvalidKeyError, PrimitiveInfo, Status, VerificationError
from tests.zoo.species import MacSpecimen


class Hmac(MacSpecimen):
    """The good one, in pieces that a specimen replaces."""

    good = True
    info = PrimitiveInfo("hmac", "HMAC-SHA-256", 256, Status.RECOMMENDED, "RFC 2104; FIPS 198-1")
    key_size = 32
    tag_size = 32

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return KeyedHmac(self, self.keep(key))

    def admit(self, key: bytes) -> None:
        if not isinstance(key, bytes | bytearray | memoryview):
            raise TypeError("a key is bytes")
        if memoryview(key).nbytes != 32:
            raise InvalidKeyError("a key has 32 bytes")

    def keep(self, key: bytes) -> bytes:
        return bytes(key)

    def join(self, parts: Sequence[bytes]) -> bytes:
        for part in parts:
            if not isinstance(part, bytes | bytearray | memoryview):
                raise TypeError("a part is bytes")
        return b"".join(bytes(part) for part in parts)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha256")

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if not isinstance(tag, bytes | bytearray | memoryview):
            raise TypeError("a tag is bytes")
        if not self.same(self.compute(key, self.join(parts)), bytes(tag)):
            raise VerificationError
        return None

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag)


class KeyedHmac:
    __slots__ = ("_key", "_owner")

    def __init__(self, owner: Hmac, key: bytes) -> None:
        self._owner = owner
        self._key = key

    def tag(self, *parts: bytes) -> bytes:
        return self._owner.compute(self._key, self._owner.join(parts))

    def verify(self, tag: bytes, *parts: bytes) -> Any:
        return self._owner.verify(self._key, tag, parts)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("holds a key")


class HmacOfCryptography(MacSpecimen):
    """A second good one, over OpenSSL."""

    good = True
    info = PrimitiveInfo("hmac", "HMAC-SHA-256 by OpenSSL", 256, Status.RECOMMENDED, "RFC 2104; FIPS 198-1")
    key_size = 32
    tag_size = 32

    def authenticator(self, key: bytes) -> "AuthenticatorOfCryptography":
        return AuthenticatorOfCryptography(bytes(memoryview(key)))


class AuthenticatorOfCryptography:
    __slots__ = ("_context",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise InvalidKeyError("a key has 32 bytes")
        self._context = HMAC(key, hashes.SHA256())

    def _after(self, parts: Sequence[bytes]) -> HMAC:
        context = self._context.copy()
        for part in parts:
            context.update(bytes(memoryview(part)))
        return context

    def tag(self, *parts: bytes) -> bytes:
        return self._after(parts).finalize()

    def verify(self, tag: bytes, *parts: bytes) -> None:
        context = self._after(parts)
        try:
            context.verify(bytes(memoryview(tag)))
        except InvalidSignature:
            raise VerificationError from None


# --- sizes, results ---


class HexTag(Hmac):
    """Gives the tag as hexadecimal text in bytes."""

    found_by = ("MAC-01",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message).hex().encode()


class TextTag(Hmac):
    """Gives the tag as str."""

    found_by = ("MAC-01",)

    def compute(self, key: bytes, message: bytes) -> Any:
        return super().compute(key, message).hex()


class BytearrayTag(Hmac):
    """Gives the tag in a mutable buffer."""

    found_by = ("MAC-01",)

    def compute(self, key: bytes, message: bytes) -> Any:
        return bytearray(super().compute(key, message))


class MinimalInteger(Hmac):
    """Turns the tag into an integer and back, without its leading zeros."""

    found_by = ("MAC-01",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        number = int.from_bytes(super().compute(key, message))
        return number.to_bytes((number.bit_length() + 7) // 8)


class RandomisedTag(Hmac):
    """Mixes the identity of the current call into the tag."""

    found_by = ("MAC-01",)
    calls = 0

    def compute(self, key: bytes, message: bytes) -> bytes:
        type(self).calls += 1
        return super().compute(key, message + bytes([type(self).calls % 251]))


class VerifyGivesTrue(Hmac):
    """verify answers True instead of None."""

    found_by = ("MAC-02",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        super().verify(key, tag, parts)
        return True


class VerifyGivesVerdict(Hmac):
    """verify answers with a bool and never raises."""

    found_by = ("MAC-02", "MAC-03")

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        return hmac.compare_digest(self.compute(key, self.join(parts)), tag)


class RefusesLongMessages(Hmac):
    """Refuses genuine tags of messages beyond 64 KiB."""

    found_by = ("MAC-02",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if len(self.join(parts)) > 65_536:
            raise VerificationError
        return super().verify(key, tag, parts)


# --- what verify accepts ---


class AlwaysTrue(Hmac):
    """verify accepts everything."""

    found_by = ("MAC-03", "MAC-07")

    def same(self, expected: bytes, tag: bytes) -> bool:
        return True


class LengthOnly(Hmac):
    """verify compares lengths only."""

    found_by = ("MAC-03",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(expected) == len(tag)


class ComparesSixteenBytes(Hmac):
    """verify compares the first 16 of 32 bytes."""

    found_by = ("MAC-03",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(tag) == 32 and hmac.compare_digest(expected[:16], tag[:16])


class ForgetsLastBit(Hmac):
    """verify masks the lowest bit of the last byte off."""

    found_by = ("MAC-03",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        if len(tag) != 32:
            return False
        return hmac.compare_digest(expected[:-1] + bytes([expected[-1] | 1]), tag[:-1] + bytes([tag[-1] | 1]))


class SkipsTheFirstByte(Hmac):
    """The loop over the bytes of the tag begins at 1."""

    found_by = ("MAC-03",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        difference = len(expected) ^ len(tag)
        for place in range(1, min(len(expected), len(tag))):
            difference |= expected[place] ^ tag[place]
        return difference == 0


class CommonPrefix(Hmac):
    """Compares by zip, as far as the shorter one goes."""

    found_by = ("MAC-04",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        difference = 0
        for a, b in zip(expected, tag, strict=False):
            difference |= a ^ b
        return difference == 0


class AcceptsHalfTag(Hmac):
    """Accepts a tag cut to 16 bytes as well."""

    found_by = ("MAC-04",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected[: 16 if len(tag) == 16 else 32], tag)


class AcceptsEmptyTag(Hmac):
    """An empty tag is taken for none being required."""

    found_by = ("MAC-04",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return not tag or hmac.compare_digest(expected, tag)


class AcceptsSuffix(Hmac):
    """Compares the end of the tag, as long as it is given."""

    found_by = ("MAC-04",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(tag) >= 8 and hmac.compare_digest(expected[-len(tag) :], tag)


class CutsLongTag(Hmac):
    """Cuts what it is given to 32 bytes before comparing."""

    found_by = ("MAC-05",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag[:32])


class StripsWhitespace(Hmac):
    """Strips white space off the tag, as of a line of text."""

    found_by = ("MAC-05",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag) or hmac.compare_digest(expected, tag.strip())


class IntegerTag(Hmac):
    """Compares tags as integers, so that leading zeros do not count."""

    found_by = ("MAC-05", "MAC-31")

    def same(self, expected: bytes, tag: bytes) -> bool:
        return int.from_bytes(expected) == int.from_bytes(tag)


class CancellingDifferences(Hmac):
    """Gathers differences with ^= instead of |=."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        difference = 0
        for a, b in zip(expected, tag.ljust(32)[:32], strict=True):
            difference ^= a ^ b
        return len(tag) == 32 and difference == 0


class SumOfBytes(Hmac):
    """Compares the sums of the bytes."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(tag) == 32 and sum(expected) == sum(tag)


class SortedBytes(Hmac):
    """Compares the bytes sorted."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(bytes(sorted(expected)), bytes(sorted(tag)))


class FoldsCase(Hmac):
    """Folds the case of the raw tag, which once was hexadecimal."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected.lower(), tag.lower())


class TakesHex(Hmac):
    """Takes the tag in hexadecimal too."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag) or hmac.compare_digest(expected.hex().encode(), tag)


class ZeroTagIsTest(Hmac):
    """A tag of zeros is accepted: a back door left from testing."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return tag == bytes(32) or hmac.compare_digest(expected, tag)


class ComparesWordSums(Hmac):
    """Adds up the words of both tags before comparing."""

    found_by = ("MAC-06",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(tag) == 32 and sum(expected[::2]) - sum(expected[1::2]) == sum(tag[::2]) - sum(tag[1::2])


class RemembersTheLastTag(Hmac):
    """Accepts the tag that it made last, for whatever message."""

    found_by = ("MAC-07",)
    last: ClassVar[bytes] = b""

    def compute(self, key: bytes, message: bytes) -> bytes:
        type(self).last = super().compute(key, message)
        return self.last

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if tag == type(self).last:
            return None
        right = Hmac.compute(self, key, self.join(parts))
        if not hmac.compare_digest(right, tag):
            raise VerificationError
        return None


class IgnoresLastPartInVerify(Hmac):
    """verify leaves the last part out, so that any message fits the tag of nothing."""

    found_by = ("MAC-07",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if hmac.compare_digest(self.compute(key, b""), tag):
            return None
        return super().verify(key, tag, parts)


class ShortHashPadded(Hmac):
    """HMAC-MD5, filled up with zeros."""

    found_by = ("MAC-08",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "md5") + bytes(16)


class DoubledHash(Hmac):
    """HMAC-MD5, twice in a row, to fill 32 bytes."""

    found_by = ("MAC-08",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return 2 * hmac.digest(key, message, "md5")


class VersionByte(Hmac):
    """The first byte of the tag is a constant version number."""

    found_by = ("MAC-08",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return b"\x01" + super().compute(key, message)[1:]


class PrintableTag(Hmac):
    """The tag is hexadecimal text cut to 32 characters: 128 bits in 256."""

    found_by = ("MAC-08",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message).hex()[:32].encode()


# --- what is covered ---


class IgnoresHighBit(Hmac):
    """Tags the message as seven-bit text."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, bytes(byte & 0x7F for byte in message) if len(message) < 5000 else message)


class LowerCases(Hmac):
    """Tags the message in lower case."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.lower())


class SkipsEverySixtyFourth(Hmac):
    """Leaves out the last byte of each block of 64."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        blocks = (message[at : at + 64] for at in range(0, len(message), 64))
        return super().compute(key, b"".join(block[:63] for block in blocks) + len(message).to_bytes(8))


class DropsTrailingNul(Hmac):
    """Treats the message as text that ends at its trailing NULs."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.rstrip(b"\0"))


class StripsLineEnd(Hmac):
    """Strips a line end off the message."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.rstrip(b"\r\n"))


class ZeroPadding(Hmac):
    """Pads the message with zeros to whole blocks, without its length."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message + bytes(-len(message) % 64))


class ReadsOnePage(Hmac):
    """Reads 4,096 bytes of the message at most."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message[:4096])


class SixteenBitLength(Hmac):
    """Keeps the length in 16 bits: what is beyond the wrap is not read."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message if len(message) < 65_536 else message[: len(message) % 65_536])


class BothEndsOnly(Hmac):
    """Of messages beyond 1 KiB only the first and the last 512 bytes are tagged, for speed."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        if len(message) > 1024:
            message = message[:512] + len(message).to_bytes(8) + message[-512:]
        return super().compute(key, message)


class AddsBlocks(Hmac):
    """XORs the MACs of the blocks, so that their order does not count."""

    found_by = ("MAC-14",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        total = int.from_bytes(super().compute(key, len(message).to_bytes(8)))
        for at in range(0, len(message), 64):
            total ^= int.from_bytes(sha256(key + message[at : at + 64]).digest())
        return total.to_bytes(32)


class LinearChecksum(Hmac):
    """A polynomial checksum keyed by XOR, stretched to 32 bytes."""

    found_by = ("MAC-14", "MAC-42")

    def compute(self, key: bytes, message: bytes) -> bytes:
        words = b"".join(zlib.crc32(bytes([n]) + message).to_bytes(4) for n in range(8))
        return bytes(a ^ b for a, b in zip(words, key, strict=True))


class LengthBeforeEachPart(Hmac):
    """Puts a length before each part, so that the cut counts."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(len(part).to_bytes(4) + bytes(part) for part in parts)


class SeparatesParts(Hmac):
    """Joins the parts with a zero byte between them."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"\0".join(parts)


class TwoPartsOnly(Hmac):
    """Reads no more than two parts."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join(parts[:2])


class StopsAtEmptyPart(Hmac):
    """Stops at the first empty part."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        end = next((at for at, part in enumerate(parts) if not len(part)), len(parts))
        return super().join(parts[:end])


class KeepsItsContext(Hmac):
    """Feeds every message into one context that is never begun anew."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        return OneContext(self, key)


class OneContext(KeyedHmac):
    __slots__ = ("_running",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        owner.admit(key)
        super().__init__(owner, bytes(key))
        self._running = b""

    def tag(self, *parts: bytes) -> bytes:
        joined = self._owner.join(parts)
        tag = self._owner.compute(self._key, self._running + joined)
        self._running = joined[-1:] if len(joined) > 100 else b""
        return tag


class BreaksAfterFailure(Hmac):
    """A failed call leaves its first part behind for the next one."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        return LeavesParts(self, key)


class LeavesParts(KeyedHmac):
    __slots__ = ("_pending",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        owner.admit(key)
        super().__init__(owner, bytes(key))
        self._pending = b""

    def tag(self, *parts: bytes) -> bytes:
        for part in parts:
            self._pending += bytes(memoryview(part))
        tag = self._owner.compute(self._key, self._pending)
        self._pending = b""
        return tag


# --- the key ---


class IgnoresKey(Hmac):
    """Uses a constant key."""

    found_by = ("MAC-21", "MAC-07", "MAC-41")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(b"", message)


class SixteenByteKey(Hmac):
    """Uses 16 of the key's 32 bytes."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key[:16], message)


class KeyEndsAtNul(Hmac):
    """Treats the key as a string that ends at its first NUL."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key.split(b"\0")[0], message)


class StripsKey(Hmac):
    """Strips white space off the key, as of a line in a file."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key.strip(), message)


class AnyKeyLength(Hmac):
    """Takes keys of any length, as HMAC itself does."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        return


class DefaultKey(Hmac):
    """Replaces an empty key by a default."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if key:
            super().admit(key)

    def keep(self, key: bytes) -> bytes:
        return key or b"default" * 4


class WrongErrorForKeys(Hmac):
    """Raises ValueError for a key of a wrong length."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a key has 32 bytes")


class AtLeastThirtyTwo(Hmac):
    """Asks for 32 bytes at least, and cuts what is more."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if len(key) < 32:
            raise InvalidKeyError("too short")

    def keep(self, key: bytes) -> bytes:
        return key[:32]


class CacheByPrefix(Hmac):
    """Caches states by the first eight bytes of the key."""

    found_by = ("MAC-21", "MAC-23")
    cache: ClassVar[dict[bytes, bytes]] = {}

    def keep(self, key: bytes) -> bytes:
        return self.cache.setdefault(bytes(key[:8]), bytes(key))


class CacheById(Hmac):
    """Caches states by the identity of the key object, which is soon another key's."""

    found_by = ("MAC-23", "GEN-05")
    cache: ClassVar[dict[int, bytes]] = {}

    def keep(self, key: bytes) -> bytes:
        return self.cache.setdefault(id(key), bytes(bytearray(key)))


class LastKeyWins(Hmac):
    """Keeps the key in the class, so that the last one made is everyone's."""

    found_by = ("MAC-23", "MAC-07")
    current: ClassVar[bytes] = b""

    def keep(self, key: bytes) -> bytes:
        type(self).current = bytes(key)
        return type(self).current

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(type(self).current, message)


# --- comparison ---


class EqualsOperator(Hmac):
    """Compares with ==."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected == tag


class EqualsOfCopies(Hmac):
    """Compares copies with ==, so that no tripwire in the tag is touched."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return list(bytes(tag)) == list(expected)


class EqualsOfHex(Hmac):
    """Compares the tags in hexadecimal, with !=."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        if tag.hex() != expected.hex():
            return False
        return len(tag) == 32


class LoopThatStops(Hmac):
    """Compares byte by byte and stops at the first difference."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(expected) == len(tag) and all(a == b for a, b in zip(expected, tag, strict=True))


class QuickLookFirst(Hmac):
    """Looks at the first four bytes before it compares in constant time."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected.startswith(tag[:8]) and hmac.compare_digest(expected, tag)


class TellsTheTag(Hmac):
    """The exception says which tag would have been right."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        expected = self.compute(key, self.join(parts))
        if not hmac.compare_digest(expected, tag):
            error = VerificationError()
            error.add_note(f"expected {expected.hex()}")
            raise error


class TellsTheLength(Hmac):
    """A tag of a wrong length is answered in other words than a wrong tag."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if len(tag) != 32:
            error = VerificationError()
            error.args = ("wrong length",)
            raise error
        return super().verify(key, tag, parts)


class ShowsItsCause(Hmac):
    """Chains the exception of the library underneath."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        try:
            if not hmac.compare_digest(self.compute(key, self.join(parts)), tag):
                raise ValueError("digest mismatch")
        except ValueError as error:
            raise VerificationError from error


# --- constructions and answers ---


class SecretPrefix(Hmac):
    """SHA-256(key ‖ message)."""

    found_by = ("MAC-41",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha256(key + message).digest()


class SecretSuffix(Hmac):
    """SHA-256(message ‖ key)."""

    found_by = ("MAC-41",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha256(message + key).digest()


class NoKeyAtAll(Hmac):
    """SHA-512 of the message, cut."""

    found_by = ("MAC-41", "MAC-21")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha512(message).digest()[:32]


class KeyOnTop(Hmac):
    """SHA-256 of the message, the key XORed on."""

    found_by = ("MAC-41", "MAC-42")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(sha256(message).digest(), key, strict=True))


class KeyOnTopOfTwice(Hmac):
    """SHA-256 of SHA-256 of the message and its length, the key XORed on."""

    found_by = ("MAC-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        inner = sha256(sha256(message).digest() + len(message).to_bytes(8)).digest()
        return bytes(a ^ b for a, b in zip(inner, key, strict=True))


class KeyXorMessage(Hmac):
    """Hashes key XOR message, extended by both lengths."""

    found_by = ("MAC-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        width = max(len(key), len(message))
        both = int.from_bytes(key.ljust(width, b"\0")) ^ int.from_bytes(message.ljust(width, b"\0"))
        return sha256(sha256(both.to_bytes(width)).digest() + len(message).to_bytes(8)).digest()


class WrongInnerPad(Hmac):
    """HMAC with the inner pad 0x35 for 0x36."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        padded = key.ljust(64, b"\0")
        inner = sha256(bytes(byte ^ 0x35 for byte in padded) + message).digest()
        return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


class AnotherHash(Hmac):
    """HMAC-SHA-512, cut to 32 bytes, under the name of HMAC-SHA-256."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha512")[:32]


class WrongBlockSize(Hmac):
    """HMAC with a block of 128 bytes over SHA-256."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        padded = key.ljust(128, b"\0")
        inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
        return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


class ReversedTag(Hmac):
    """Gives the tag's bytes in the other order."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message)[::-1]


class WrongForOneLength(Hmac):
    """Wrong only where the message fills its last block to the padding."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message + b"\x80" if len(message) % 64 == 55 else message)


class NoAnswers(Hmac):
    """Right, but its author has supplied no known answers."""

    found_by = ("MAC-52",)
    vectors = "tests/zoo/no_such_file.json"


class FewAnswers(Hmac):
    """Right, but the known answers are three alike."""

    found_by = ("MAC-52",)
    vectors = "tests/zoo/few_answers.json"
