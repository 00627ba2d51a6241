"""What an AEAD gives back, and what it refuses."""

from collections.abc import Iterator
from functools import partial

from framework.contract.check import Violation, check
from framework.contract.cipher.keystream import either
from framework.contract.cipher.stream import xor
from framework.contract.faces import CLEAN, AeadFace, KeyedAead, invoke, refuses_key
from framework.contract.forgeries import encoded, flipped, lengthened, rearranged, single_bit_flips
from framework.contract.mac.comparison import judge, places, same_answer
from framework.contract.mac.keys import wrong_lengths
from framework.contract.smallest import cut, least, without
from framework.contract.trial import Trial
from framework.contract.watch import observe

Call = tuple[int, int, bytes, bytes]
"""Which context, which of `CALLS`, the nonce and the plaintext."""

CALLS = ("seal", "open", "forge", "misuse")

FORGERY = "Whoever can make the receiver open what the key did not seal, changes messages at will."


def sealed(trial: Trial, size: int = 40, ad_size: int = 24) -> tuple[KeyedAead, bytes, bytes, bytes, bytes]:
    """A context, a nonce, a plaintext, associated data, and what they are sealed to."""
    context = trial.aead.context(trial.rng.bytes(trial.aead.key_size))
    nonce, plaintext, ad = (trial.rng.bytes(n) for n in (trial.aead.nonce_size, size, ad_size))
    return context, nonce, plaintext, ad, context.seal(nonce, plaintext, ad)


def refuse(context: KeyedAead, nonce: bytes, ciphertext: bytes, ad: bytes, what: str) -> None:
    """Raise Violation when the context opens this."""
    if context.open(nonce, ciphertext, ad) is not None:
        raise Violation(f"open accepted {what}", nonce=nonce, ciphertext=ciphertext, associated_data=ad)


@check(
    "AEAD-01",
    "what is sealed opens again, at every size",
    why="The record layer computes sizes ahead; what does not open is a broken channel.",
    precedent="Go's sealMsg checks Overhead in every AEAD case; CVE-2020-36242 (pyca/cryptography: gigabytes)",
    flaws=("metadata lies about sizes", "empty plaintext or associated data", "large record truncated"),
)
def opens(trial: Trial) -> None:
    """Seal and open plaintexts and associated data of many sizes, with a fresh context and with the one used before."""
    context = trial.aead.context(trial.rng.bytes(trial.aead.key_size))
    sizes = [(size, (7 * size) % 50) for size in range(140)]
    sizes += [(0, 1), (1, 0), (0, 300), (65_535, 13), (65_536, 13), (65_537, 70_000), ((1 << 20) + 1, 0)]
    for size, ad_size in sizes:
        key, nonce = trial.rng.bytes(trial.aead.key_size), trial.rng.bytes(trial.aead.nonce_size)
        both = [trial.rng.bytes(size), trial.rng.bytes(ad_size)]
        for sealing, opening in ((context, context), (trial.aead.context(key), trial.aead.context(key))):
            least(both, partial(_opens, sealing, opening, nonce), _shorter)


def _opens(sealing: KeyedAead, opening: KeyedAead, nonce: bytes, both: list[bytes]) -> None:
    plaintext, ad = both
    ciphertext = sealing.seal(nonce, plaintext, ad)
    if opening.open(nonce, ciphertext, ad) != plaintext:
        raise Violation("what was sealed does not open", nonce=nonce, plaintext=plaintext, associated_data=ad)
    if sealing.seal(nonce, plaintext, ad) != ciphertext:
        raise Violation("one nonce and plaintext give two ciphertexts", nonce=nonce, plaintext=plaintext)


def _shorter(both: list[bytes]) -> Iterator[list[bytes]]:
    plaintext, ad = both
    yield from ([less, ad] for less in cut(plaintext))
    yield from ([plaintext, less] for less in cut(ad))


@check(
    "AEAD-02",
    "one wrong bit anywhere in the ciphertext or tag is refused",
    why=FORGERY,
    precedent="Go's TestAEAD flips only the last byte: a body that nobody authenticates passes it",
    flaws=("tag never checked", "body not authenticated", "part of the tag compared", "last block not covered"),
    forbids_waiver=True,
)
def one_bit(trial: Trial) -> None:
    """Flip every bit of sealed messages of 0, 1, 40 and 130 bytes, and bits around powers of two of large ones."""
    for size in (0, 1, 40, 130):
        context, nonce, _, ad, ciphertext = sealed(trial, size)
        for forged in single_bit_flips(ciphertext):
            refuse(context, nonce, forged, ad, f"a changed bit in {size} sealed bytes")
    context, nonce, _, ad, ciphertext = sealed(trial, 70_001)
    for power in range(8, 17):
        for at in (2**power - 1, 2**power):
            refuse(context, nonce, flipped(ciphertext, 8 * at), ad, f"a change in byte {at}")


@check(
    "AEAD-03",
    "associated data is covered, all of it",
    why="Epoch, sequence and header are associated data: what is not covered there is replayed and reordered.",
    precedent="CVE-2023-2975 (OpenSSL AES-SIV ignored empty associated data)",
    flaws=("associated data ignored", "empty associated data", "associated data cut", "trailing zeros of it dropped"),
    forbids_waiver=True,
)
def associated_data(trial: Trial) -> None:
    """Flip every bit of it, cut it, extend it, leave it out, and put some where there was none."""
    for size in (1, 24, 64, 200):
        context, nonce, _, ad, ciphertext = sealed(trial, 20, size)
        for forged in single_bit_flips(ad):
            refuse(context, nonce, ciphertext, forged, f"a changed bit in {size} bytes of associated data")
        for forged in (*(ad[:n] for n in range(size)), *lengthened(ad), ad[::-1], ad.swapcase()):
            if forged != ad:
                refuse(context, nonce, ciphertext, forged, "other associated data")
    context, nonce, _, _, ciphertext = sealed(trial, 20, 0)
    for forged in (b"\0", b" ", bytes(16), bytes(4096)):
        refuse(context, nonce, ciphertext, forged, "associated data where there was none")
    context, nonce, _, ad, ciphertext = sealed(trial, 20, 70_001)
    for at in (4095, 4096, 16_384, 65_535, 65_536, 70_000):
        refuse(context, nonce, ciphertext, flipped(ad, 8 * at), f"a change in byte {at} of the associated data")


@check(
    "AEAD-04",
    "the border between associated data and ciphertext is covered",
    why="If bytes can be moved over the border, header becomes content and content header.",
    precedent="the length block of GCM and of RFC 8439 is there for this",
    flaws=("length block missing", "padding without length"),
    forbids_waiver=True,
)
def border(trial: Trial) -> None:
    """Move 1 to 40 bytes over the border both ways, and 2^8 and 2^16; pad both sides with zeros to whole blocks."""
    tag_size = trial.aead.tag_size
    for size, ad_size in ((48, 48), (32, 16), (5, 7)):
        context, nonce, _, ad, whole = sealed(trial, size, ad_size)
        body, tag = whole[:-tag_size], whole[-tag_size:]
        for count in range(1, min(size, ad_size) + 1):
            refuse(context, nonce, ad[-count:] + body + tag, ad[:-count], "associated data moved to the ciphertext")
            refuse(context, nonce, body[count:] + tag, ad + body[:count], "ciphertext moved to the associated data")
        for zeros in (-size % 16, 16, 1):
            if zeros:
                refuse(context, nonce, body + bytes(zeros) + tag, ad, "zeros behind the ciphertext")
    for count in (1 << 8, 1 << 16):  # the length of associated data written in one byte, or in two
        context, nonce, _, ad, whole = sealed(trial, count + 40, count + 24)
        refuse(context, nonce, ad[24:] + whole, ad[:24], f"{count} bytes of associated data moved to the ciphertext")
        refuse(context, nonce, whole[count:], ad + whole[:count], f"{count} bytes moved to the associated data")
    key, nonce = trial.rng.bytes(trial.aead.key_size), trial.rng.bytes(trial.aead.nonce_size)
    tags = set()
    for size, ad_size in ((0, 0), (0, 16), (16, 0), (0, 32), (16, 16), (32, 0), (0, 15), (0, 17)):
        empty = trial.aead.context(key).seal(nonce, bytes(size), bytes(ad_size))
        tags.add(empty[-tag_size:])
    if len(tags) < 8:
        raise Violation("zeros give one tag at different lengths", nonce=nonce)


@check(
    "AEAD-05",
    "a tag cut short, lengthened or rearranged is refused",
    why="A tag of one byte is guessed in 256 tries; what is shorter than a tag must not be sliced from its end.",
    precedent="CVE-2018-10903 (pyca/cryptography: short GCM tags); the Conscrypt default of short tags",
    flaws=("truncated tag accepted", "input shorter than a tag", "over-long tag accepted", "lax comparison"),
    forbids_waiver=True,
)
def tag_shapes(trial: Trial) -> None:
    """Offer all prefixes, the shortest first, the message without its tag, longer ones, and rearranged tags."""
    context, nonce, plaintext, ad, whole = sealed(trial, 10, 5)
    tag_size = trial.aead.tag_size
    body, tag = whole[:-tag_size], whole[-tag_size:]
    for size in range(len(whole)):
        refuse(context, nonce, whole[:size], ad, f"{size} of {len(whole)} bytes")
        refuse(context, nonce, whole[len(whole) - size :], ad, f"the last {size} of {len(whole)} bytes")
    refuse(context, nonce, plaintext, ad, "the plaintext itself")
    for more in (b"\0", tag, whole, b"\n"):
        refuse(context, nonce, whole + more, ad, "something behind the tag")
        refuse(context, nonce, more + whole, ad, "something before the ciphertext")
    for name, forged in (*rearranged(tag), *encoded(tag)):
        if forged != tag:
            refuse(context, nonce, body + forged, ad, f"a forged tag ({name})")


@check(
    "AEAD-06",
    "another nonce or another key does not open",
    why="A nonce that is not covered lets records be reordered; a key that is not, is no key.",
    precedent="golang #25214: a nonce that was replaced passed the tests",
    flaws=("nonce ignored or cut", "key ignored or cut"),
    forbids_waiver=True,
)
def nonce_and_key(trial: Trial) -> None:
    """Flip every bit of nonce and key, when opening and when sealing; change the case of a key that is text.

    A key may be two, of which the tag takes one (RFC 7518 §5.2.2): what opens under a key that differs in a bit is
    then another plaintext. An entirely different key opens nothing.
    """
    aead = trial.aead
    key, nonce = trial.rng.bytes(aead.key_size), trial.rng.bytes(aead.nonce_size)
    context = aead.context(key)
    for size, ad in ((0, b""), (0, b"ad"), (1, b""), (48, b"ad")):
        whole = context.seal(nonce, bytes(size), ad)
        seen = {whole[size:]} | ({whole[:size]} if size > 8 else set())
        for other in single_bit_flips(nonce):
            refuse(context, other, whole, ad, f"another nonce, for {size} bytes")
            again = context.seal(other, bytes(size), ad)
            if again[size:] in seen or again[:size] in seen:
                raise Violation(f"two nonces give one ciphertext or tag of {size} bytes", key=key, nonce=other)
            seen |= {again[size:]} | ({again[:size]} if size > 8 else set())
    text = (b"Key " * aead.key_size)[: aead.key_size]
    _keys_differ(aead, nonce, [key, *single_bit_flips(key)])
    _keys_differ(aead, nonce, [text, text.lower(), text.upper(), text.title()])
    _keys_differ(aead, nonce, [key[:-8] + text[:8], key[:-8] + text[:8].swapcase()])
    refuse(aead.context(trial.rng.bytes(aead.key_size)), nonce, whole, ad, "another key")


def _keys_differ(aead: AeadFace, nonce: bytes, keys: list[bytes]) -> None:
    """Raise Violation where two keys seal alike, or what the first sealed opens under another to the same."""
    plaintext, seen = bytes(48), dict[bytes, bytes]()
    first = aead.context(keys[0]).seal(nonce, plaintext, b"ad")
    for key in dict.fromkeys(keys):
        context = aead.context(key)
        sealed_now = context.seal(nonce, plaintext, b"ad")
        if sealed_now in seen or (key != keys[0] and context.open(nonce, first, b"ad") == plaintext):
            raise Violation("two keys seal or open alike", key=key, other=seen.get(sealed_now, keys[0]), nonce=nonce)
        seen[sealed_now] = key


@check(
    "AEAD-07",
    "nonces and keys of another length are refused",
    why="A nonce that is cut or padded collides with another one: the keystream is used twice, and tags are forged.",
    precedent="CVE-2019-1543 (OpenSSL ChaCha20-Poly1305); CVE-2017-7822 (Firefox: GCM with an empty IV)",
    flaws=("wrong-length nonce accepted", "empty nonce accepted", "key silently padded or cut"),
    forbids_waiver=True,
)
def lengths(trial: Trial) -> None:
    """Offer nonces and keys of every length to twice the right one; keys raise InvalidKeyError."""
    aead = trial.aead
    for size in wrong_lengths(aead.key_size):
        if not refuses_key("context", aead.primitive.context, trial.rng.bytes(size)):
            raise Violation(f"context took a key of {size} bytes; {aead.key_size} are declared")
    context, nonce, plaintext, ad, whole = sealed(trial)
    for size in wrong_lengths(aead.nonce_size):
        other = (nonce * (size // len(nonce) + 1))[:size]
        for call, function, data in (("seal", context.inner.seal, plaintext), ("open", context.inner.open, whole)):
            try:
                invoke(call, function, other, data, ad, allow=CLEAN)
            except CLEAN:
                continue
            raise Violation(f"{call} took a nonce of {size} bytes; {aead.nonce_size} are declared", nonce=other)


@check(
    "AEAD-08",
    "nothing of the plaintext shows, and tags are not of the plaintext",
    why="What is left in the clear is read; a tag over the plaintext tells equal messages apart from others.",
    precedent="CVE-2022-2097 (OpenSSL AES-OCB left 16 bytes unencrypted); Bellare and Namprempre 2000: encrypt-and-MAC",
    flaws=("bytes in the clear", "keystream used twice", "encrypt-and-MAC", "nonce only in the tag"),
    forbids_waiver=True,
)
def nothing_shows(trial: Trial) -> None:
    """Gather over many nonces which bits change; look for repeated keystream and repeated tags."""
    aead = trial.aead
    for size in [*range(1, 70), 129, 1000, 4097]:
        context = aead.context(trial.rng.bytes(aead.key_size))
        plaintext, changed, tags = trial.rng.bytes(size), bytes(size), set()
        rounds = 44 if size in (1, 67) else 9
        for _ in range(rounds):
            whole = context.seal(trial.rng.bytes(aead.nonce_size), plaintext, b"")
            changed = either(changed, xor(plaintext, whole[:size]))
            tags.add(whole[size:])
        for place, bits in enumerate(changed):
            if bits == 0 or (rounds == 44 and bits != 0xFF):
                raise Violation(f"byte {place} of {size} has bits in the clear ({bits:08b})", plaintext=plaintext)
        if len(tags) < rounds:
            raise Violation("one plaintext has one tag under two nonces", plaintext=plaintext)
    context = aead.context(trial.rng.bytes(aead.key_size))
    first = int.from_bytes(trial.rng.bytes(aead.nonce_size)) >> 8 << 8
    streams = [context.seal((first + n).to_bytes(aead.nonce_size), bytes(1024), b"")[:1024] for n in range(64)]
    words = memoryview(b"".join(streams)).cast("Q").tolist()
    if len(set(words)) < len(words):
        raise Violation(
            "8 bytes of keystream come twice under neighbouring nonces", nonce=first.to_bytes(aead.nonce_size)
        )


@check(
    "AEAD-09",
    "a context is reusable, whatever happened before",
    why="One failed open and every later record is garbage; or the nonce of the last call seals the next.",
    precedent="BouncyCastle's GCM kept state from before doFinal; Conscrypt's IV reuse",
    flaws=("state left by a failed open", "state shared by contexts", "cache of keys or nonces"),
    forbids_waiver=True,
)
def reusable(trial: Trial) -> None:
    """Mix sealing, opening, forgeries and misuse on three contexts, two of one key, against fresh ones.

    And pass one buffer with other octets in it each time.
    """
    aead, rng = trial.aead, trial.rng
    _reads_again(trial)
    for length in trial.sequences(200, 60):
        keys = [rng.bytes(aead.key_size) for _ in range(2)]
        calls = [
            (rng.below(3), rng.below(4), rng.bytes(aead.nonce_size), rng.bytes(rng.below(100))) for _ in range(length)
        ]
        least(calls, partial(_as_fresh, aead, [*keys, keys[0]]), _fewer_calls)


def _reads_again(trial: Trial) -> None:
    """Raise Violation if a buffer is known again by its identity, and what it holds now is not read."""
    key = trial.rng.bytes(trial.aead.key_size)
    context = trial.aead.context(key)
    buffers = [bytearray(size) for size in (trial.aead.nonce_size, 8, 8)]
    for octet in (1, 2, 3):
        for buffer in buffers:
            buffer[:] = bytes([octet]) * len(buffer)
            wanted = trial.aead.context(key).seal(*(bytes(each) for each in buffers))
            try:
                found = invoke("seal", context.inner.seal, *buffers, allow=CLEAN)
            except CLEAN:
                return
            if found != wanted:
                raise Violation("a buffer that held other octets before is not read again", buffer=bytes(buffer))


def _as_fresh(aead: AeadFace, keys: list[bytes], calls: list[Call]) -> None:
    contexts, history = [aead.context(key) for key in keys], []
    for which, act, nonce, plaintext in calls:
        ad = nonce[: len(plaintext) % 7]
        fresh = aead.context(bytes(bytearray(keys[which]))).seal(nonce, plaintext, ad)
        history.append(f"{CALLS[act]}({which}, {len(plaintext)} bytes)")
        wrong = (
            (act == 0 and contexts[which].seal(nonce, plaintext, ad) != fresh)
            or (act == 1 and contexts[which].open(nonce, fresh, ad) != plaintext)
            or (act == 2 and contexts[which].open(nonce, flipped(fresh, 3), ad) is not None)
        )
        if wrong:
            raise Violation("a context answers otherwise than a fresh one", calls=history, nonce=nonce)
        if act == 3:
            _misuse(contexts[which], nonce)


def _fewer_calls(calls: list[Call]) -> Iterator[list[Call]]:
    return without(calls, lambda call: ((*call[:3], plaintext) for plaintext in cut(call[3])))


def _misuse(context: KeyedAead, nonce: bytes) -> None:
    for wrong in (partial(context.inner.seal, nonce, "text", b""), partial(context.inner.open, nonce, b"", "text")):
        try:
            wrong()
        except Exception:  # noqa: BLE001, S112 - what it raises, another check asks
            continue


@check(
    "AEAD-10",
    "contexts stay right however many keys there are",
    why="A cache that mixes keys up seals for one peer under another's key.",
    precedent="caches keyed by id() or by a part of the key are a classic of Python code",
    flaws=("cache keyed by id()", "cache keyed by a part of the key"),
    forbids_waiver=True,
)
def many_keys(trial: Trial) -> None:
    """Use keys that differ in one end or the other, drop them, and use them again in another order."""
    aead, base = trial.aead, trial.rng.bytes(trial.aead.key_size)
    nonce = trial.rng.bytes(aead.nonce_size)
    keys = [n.to_bytes(2) + base[2:] for n in range(150)] + [base[:-2] + n.to_bytes(2) for n in range(150)]
    first = {key: aead.context(bytes(bytearray(key))).seal(nonce, bytes(16), b"") for key in keys}
    if len(set(first.values())) < len(first):
        raise Violation("two of 300 keys give one ciphertext", nonce=nonce)
    trial.rng.shuffle(keys)
    for key in keys:
        if aead.context(bytes(bytearray(key))).seal(nonce, bytes(16), b"") != first[key]:
            raise Violation("a key gives another ciphertext after other keys were used", key=key)


@check(
    "AEAD-11",
    "all forgeries get the same answer, without detail and without plaintext",
    why="What tells one failure from another is an oracle; plaintext that is released unverified is EFAIL.",
    precedent="EFAIL (CVE-2017-17688); CVE-2016-1000345 (BouncyCastle: padding oracle)",
    flaws=("distinguishable failures", "unverified plaintext in an exception", "library's exception let through"),
    forbids_waiver=True,
)
def one_answer(trial: Trial) -> None:
    """Compare the exceptions that changed, cut and foreign messages raise, and look for the plaintext in them."""
    context, nonce, plaintext, ad, whole = sealed(trial)
    size = 8 * len(whole)
    forgeries = [flipped(whole, 0), flipped(whole, size - 1), flipped(whole, size // 2), whole[:-1], whole[:5], b""]
    forgeries += [whole + b"\0", bytes(len(whole))]
    calls = [partial(context.inner.open, nonce, forged, ad) for forged in forgeries]
    calls += [partial(context.inner.open, flipped(nonce, 0), whole, ad), partial(context.inner.open, nonce, whole, b"")]
    same_answer(calls, plaintext[:12])


@check(
    "AEAD-12",
    "tags are compared in constant time",
    why="A comparison that stops at the first difference tells how many bytes were right: a tag is found byte by byte.",
    precedent="KeyCzar (Coda Hale, A Lesson in Timing Attacks)",
    flaws=("comparison in non-constant time",),
    forbids_waiver=True,
)
def constant_time(trial: Trial) -> None:
    """Watch open refuse tags that differ in the first, a middle and the last byte."""
    context, nonce, _, ad, whole = sealed(trial)
    size = trial.aead.tag_size
    start = 8 * (len(whole) - size)
    forged = [flipped(whole, start + bit) for bit in places(size)]
    judge([observe(partial(context.inner.open, nonce, each, ad), secret_size=min(8, size)) for each in forged], size)


@check(
    "AEAD-13",
    "tags vary in every bit, and follow from no other tag",
    why="Bits that never change are guessed; a linear tag is forged from three others.",
    precedent="GCM's tags are linear under one nonce: hence one nonce, one message",
    flaws=("tag padded with constants", "checksum as a tag", "biased tag"),
    forbids_waiver=True,
)
def tags_vary(trial: Trial) -> None:
    """Count the ones in each bit of 512 tags, and combine tags of one size under several nonces."""
    aead = trial.aead
    context = aead.context(trial.rng.bytes(aead.key_size))
    nonces = [trial.rng.bytes(aead.nonce_size) for _ in range(512)]
    tags = [context.seal(nonce, b"message", b"ad")[-aead.tag_size :] for nonce in nonces]
    for bit in range(8 * aead.tag_size):
        ones = sum(tag[bit // 8] >> (7 - bit % 8) & 1 for tag in tags)
        if abs(ones - 256) > 6.5 * 128**0.5:
            raise Violation(f"bit {bit} of the tag is one in {ones} of 512 tags", tag=tags[0])
    messages = tuple(_linear(trial.rng.bytes(16), trial.rng.bytes(16), trial.rng.bytes(16)))
    for position in ("plaintext", "associated data"):
        combined = bytes(aead.tag_size)
        for message in messages:
            pair = (message, b"") if position == "plaintext" else (b"", message)
            nonce = trial.rng.bytes(aead.nonce_size)
            combined = xor(combined, context.seal(nonce, *pair)[-aead.tag_size :])
        if not any(combined):
            raise Violation(f"tags are linear in the {position}, whatever the nonce")


def _linear(a: bytes, b: bytes, c: bytes) -> Iterator[bytes]:
    yield from (a, b, c, xor(xor(a, b), c))


@check(
    "AEAD-14",
    "the limit of records fits the nonce",
    why="The record layer counts nonces up to this limit; beyond 2^48 records no 128-bit block cipher is safe.",
    precedent="NIST SP 800-38D §8.3; RFC 8446 §5.5",
    flaws=("no limit on records per key", "limit of one record"),
)
def limit(trial: Trial) -> None:
    """Compare `max_records_per_key` with 2^48, and with the two records that an epoch needs."""
    found = trial.aead.limit
    if not 2 <= found <= 2**48:
        raise Violation(f"max_records_per_key is {found}; between 2 and 2^48 are sensible")


@check(
    "AEAD-15",
    "opening under a second key is what is claimed",
    why="Without key commitment, one ciphertext opens under two keys: safe in a channel, fatal in message franking.",
    precedent="Len, Grubbs and Ristenpart 2021 (partitioning oracles); CVE-2020-8897 (AWS Encryption SDK)",
    flaws=("claim of key commitment false",),
)
def commitment(trial: Trial) -> None:
    """Claim `key_committing`: a collision of two keys takes 2^(tag bits / 2) work, so look at the tag."""
    if trial.vectors.claims.get("key_committing") and trial.aead.tag_size < 32:
        what = "`key_committing` is claimed with a tag below 32 bytes: collisions are found in 2^64 work"
        raise Violation(what, **trial.vectors.about_claim("key_committing", False))
