"""Keys and IVs: their lengths, their bits, weak ones, many of them."""

from framework.contract.checks.bulk_cipher.keystream import ignored_bits
from framework.contract.checks.bulk_cipher.stream import keyed, keystream
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import wrong_lengths
from framework.contract.inputs.shapes import groups
from framework.contract.model.adapters import refuses_key
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "CIP-21",
    "a key of another length is refused with InvalidKeyError",
    why="A key that is padded, repeated or cut is not the key that was agreed on, and has less in it.",
    precedent="pyca/cryptography PR #13928 (2025) took away 8 and 16 byte keys that were silently expanded to 24",
    flaws=("key silently padded, expanded or cut", "wrong error for a key"),
    forbids_waiver=True,
    refuses=True,
)
def key_lengths(trial: Trial) -> None:
    """Offer keys of every length to twice the right one to encryptor, decryptor and check_key."""
    cipher = trial.cipher
    iv = trial.rng.bytes(cipher.iv_size)
    for size in wrong_lengths(cipher.key_size):
        key = trial.rng.bytes(size)
        for name, function, arguments in (
            ("encryptor", cipher.primitive.encryptor, (key, iv)),
            ("decryptor", cipher.primitive.decryptor, (key, iv)),
            ("check_key", cipher.primitive.check_key, (key,)),
        ):
            if not refuses_key(name, function, *arguments):
                raise Violation(f"{name} took a key of {size} bytes; {cipher.key_size} are declared", key=key)


@check(
    "CIP-22",
    "an IV of another length is refused with InvalidKeyError",
    why="An IV that is cut or padded collides with another one: the keystream is used twice.",
    precedent="CVE-2019-1543 (OpenSSL ChaCha20-Poly1305: long nonces cut); Go issue 68377",
    flaws=("wrong-length IV accepted",),
    forbids_waiver=True,
    refuses=True,
)
def iv_lengths(trial: Trial) -> None:
    """Offer IVs of every length to twice the right one, the empty one first."""
    cipher = trial.cipher
    key = trial.usable_key()
    for size in wrong_lengths(cipher.iv_size):
        iv = trial.rng.bytes(size)
        for name, function in (("encryptor", cipher.primitive.encryptor), ("decryptor", cipher.primitive.decryptor)):
            if not refuses_key(name, function, key, iv):
                raise Violation(f"{name} took an IV of {size} bytes; {cipher.iv_size} are declared", iv=iv)


@check(
    "CIP-23",
    "every bit of the key counts, but those that are declared not to",
    why="Bits of the key that do nothing make it shorter than it says.",
    precedent="DES's parity bits, which PyCryptodome's adjust_key_parity sets: 64 bits of key of which 56 count",
    flaws=(
        "key ignored or cut short",
        "key folded, stripped or turned",
        "parity bits used as key bits",
        "claim of ignored bits false",
    ),
    forbids_waiver=True,
)
def key_bits(trial: Trial) -> None:
    """Flip each bit of a key; claim `ignored_key_bits`: a mask of bits that must have no effect, else none.

    Fold, strip, fill and turn keys that are letters, digits, white space, zeros or ones, whole and in part.
    """
    cipher, ignored = trial.cipher, ignored_bits(trial)
    key, iv = keyed(trial)
    base = keystream(cipher, key, iv, 64)
    for bit in range(8 * cipher.key_size):
        other = flipped(key, bit)
        if cipher.calls_weak(other):
            continue
        same = keystream(cipher, other, iv, 64) == base
        if same != (bit in ignored):
            what = "has no effect, and is not declared so" if same else "is declared to have no effect, and has one"
            mask = b"".join(trial.vectors.claim_octets("ignored_key_bits")).ljust(cipher.key_size, b"\0")
            claim = trial.vectors.about_claim("ignored_key_bits", [flipped(mask, bit).hex()])
            raise Violation(f"bit {bit} of the key {what}", key=key, iv=iv, **claim)
        if cipher.decryptor(other, iv)(base) == bytes(64) and bit not in ignored:
            raise Violation(f"bit {bit} of the key has no effect on decryption", key=key, iv=iv)
    _text_keys(trial, key, iv)


def _text_keys(trial: Trial, key: bytes, iv: bytes) -> None:
    """Raise Violation where the case of letters, or the order of octets, has no effect: the key is taken for text."""
    cipher = trial.cipher
    text = (b"Key " * cipher.key_size)[: cipher.key_size]
    keys = [text, text.lower(), text.upper(), text.swapcase()]
    for size in (4, 8, 16, cipher.key_size):
        letters = (b"abcdWXYZ" * size)[: min(size, cipher.key_size)]
        keys += [part + key[len(part) :] for part in (letters, letters.swapcase())]
        keys += [key[: -len(part)] + part for part in (letters, letters.swapcase())]
    keys += [each for group in groups(trial.rng, cipher.key_size) for each in group]
    seen: dict[bytes, bytes] = {}
    for each in dict.fromkeys(keys):
        if cipher.calls_weak(each):
            continue
        known = _effective(trial, each)
        other = seen.setdefault(keystream(cipher, each, iv, 64), known)
        if other != known:
            what = "two keys of the same octets, put or written otherwise, give one keystream"
            raise Violation(what, key=each, other=other, iv=iv)


@check(
    "CIP-24",
    "every bit of the IV counts",
    why="IVs that differ in a bit that does nothing give one keystream.",
    precedent="libsodium #742: a test with 16 of a nonce's 24 bytes did not see what became of the rest",
    flaws=("IV ignored, cut, folded, stripped or turned", "constant IV"),
    forbids_waiver=True,
)
def iv_bits(trial: Trial) -> None:
    """Flip each bit of a random IV, of zeros and of ones, and put zeros and spaces at its ends.

    Fold, strip, fill and turn IVs that are letters, digits, white space, zeros or ones, whole and in part.
    """
    cipher = trial.cipher
    key, iv = keyed(trial)
    size = cipher.iv_size
    ivs = [base if bit < 0 else flipped(base, bit) for base in (iv, bytes(size)) for bit in range(-1, 8 * size)]
    ivs += [b"\xff" * size, iv[::-1], iv[1:] + b"\0", b"\0" + iv[1:], iv[:-1] + b" ", (b"Ab" * size)[:size]]
    ivs += [
        (b"aB" * size)[:size],
        (b"ab" * size)[:size],
        *(each for group in groups(trial.rng, size) for each in group),
    ]
    seen: dict[bytes, bytes] = {}
    for each in dict.fromkeys(ivs):
        stream = keystream(cipher, key, each, 64)
        if stream in seen:
            raise Violation("two IVs give one keystream", key=key, iv=each, other=seen[stream])
        seen[stream] = each


@check(
    "CIP-25",
    "weak keys are those that are declared",
    why="Under a weak DES key encrypting twice is decrypting; and a cipher that refuses good keys stops channels.",
    precedent="RustCrypto's weak_key_test with 64 DES keys",
    flaws=("weak keys accepted", "weak keys not declared", "random keys refused"),
    refuses=True,
)
def weak_keys(trial: Trial) -> None:
    """Claim `weak_keys`: a list that check_key must refuse, ignored bits flipped or not; else structured keys pass."""
    cipher, declared = trial.cipher, trial.vectors.claim_octets("weak_keys")
    for _ in range(trial.times(300, 100)):
        key = trial.rng.bytes(cipher.key_size)
        if cipher.calls_weak(key):
            raise Violation("a random key is called weak", key=key)
    size = cipher.key_size
    if not declared:
        patterns = [bytes([value]) * size for value in (0, 1, 0x55, 0xAA, 0xE0, 0x1F, 0xFE, 0xFF)]
        patterns += [trial.rng.bytes(size // 2) * 2 + bytes(size % 2), (trial.rng.bytes(8) * size)[:size]]
        for key in patterns:
            if cipher.calls_weak(key):
                claim = trial.vectors.about_claim("weak_keys", [key.hex()])
                raise Violation("check_key refuses a key, but no `weak_keys` are claimed", key=key, **claim)
    ignored = sorted(ignored_bits(trial))
    for key in declared:
        twins = [flipped(key, bit) for bit in ignored] + ([flipped(key, *ignored)] if ignored else [])
        for each in (key, *twins):
            if not cipher.calls_weak(each):
                claim = trial.vectors.about_claim("weak_keys")
                raise Violation("check_key takes a key that is claimed to be weak", key=each, **claim)


@check(
    "CIP-26",
    "keystreams stay right however many keys there are",
    why="A cache that mixes keys up encrypts for one peer under another's key.",
    precedent="caches keyed by id() or by a part of the key are a classic of Python code",
    flaws=("cache keyed by id()", "cache keyed by a part of the key", "last key kept in the class"),
    forbids_waiver=True,
)
def many_keys(trial: Trial) -> None:
    """Use keys that differ in one end or the other, drop them, and use them again in another order and interleaved."""
    cipher, count = trial.cipher, trial.times(120, 30)
    base = trial.rng.bytes(cipher.key_size)
    iv = trial.rng.bytes(cipher.iv_size)
    keys = [trial.rng.bytes(3) + base[3:] for _ in range(count)]
    keys += [base[:-3] + trial.rng.bytes(3) for _ in range(count)]
    keys = list({_effective(trial, key): key for key in keys if not cipher.calls_weak(key)}.values())
    first = {key: keystream(cipher, bytes(bytearray(key)), bytes(bytearray(iv)), 32) for key in keys}
    if len(set(first.values())) < len(first):
        raise Violation("two of many keys give one keystream", iv=iv)
    trial.rng.shuffle(keys)
    for key in keys:
        if keystream(cipher, bytes(bytearray(key)), bytes(bytearray(iv)), 32) != first[key]:
            raise Violation("a key gives another keystream after other keys were used", key=key, iv=iv)
    together = [cipher.encryptor(key, iv) for key in keys[:8]]
    for key, stream in zip(keys[:8], together, strict=True):
        if stream(bytes(32)) != first[key]:
            raise Violation("an encryptor changes when another is made", key=key, iv=iv)


def _effective(trial: Trial, key: bytes) -> bytes:
    """The key with its ignored bits zero; two keys that differ in nothing else are one."""
    return flipped(key, *(bit for bit in ignored_bits(trial) if key[bit // 8] >> (7 - bit % 8) & 1))
