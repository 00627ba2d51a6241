"""Broken on purpose: plugins whose flaws the checks in `checks/mac/tags.py` find."""

import hmac
from collections.abc import Sequence
from typing import Any, ClassVar

from framework import VerificationError
from tests.zoo.mac.genuine import Hmac


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


class LargeUnverified(Hmac):
    """Takes any tag for a message above 2,000 bytes, which a checksum below is to protect."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        forged = len(tag) == 32 and len(self.join(parts)) > 2000
        return None if forged else super().verify(key, tag, parts)


class BlockHalfVerified(Hmac):
    """Compares four bytes of the tag where the message fills one block exactly."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        message = self.join(parts)
        if len(message) == 64 and len(tag) == 32:
            tag = bytes(tag)[:4] + self.compute(key, message)[4:]
        return super().verify(key, tag, parts)


class SevenPartsUnverified(Hmac):
    """Takes any tag for a message of seven parts or more."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        return None if len(tag) == 32 and len(parts) >= 7 else super().verify(key, tag, parts)
