"""Known answers of an AEAD: `{"key", "nonce", "associated_data", "plaintext", "ciphertext"}`, octets in hex."""

from framework.contract.answers import answers, demand, demand_bits, demand_keys, demand_provenance, demand_sizes
from framework.contract.check import Layer, Violation, check
from framework.contract.trial import Trial
from framework.contract.vectors import expected, octets

FIELDS = ("key", "nonce", "associated_data", "plaintext", "ciphertext")


@check(
    "AEAD-51",
    "known ciphertexts come out, and open",
    why="Two sides with one wrong constant understand each other, and nobody else.",
    precedent="CVE-2015-6644; Wycheproof's 36 CounterWrap cases for AES-GCM",
    flaws=("wrong algorithm", "wrong counter", "wrong padding or length block", "block counter wraps"),
    layer=Layer.ANSWERS,
)
def known(trial: Trial) -> None:
    """Seal every plaintext and open every ciphertext."""
    for number, answer in enumerate(answers(trial, *FIELDS)):
        key, nonce, ad, plaintext = (octets(answer[name]) for name in FIELDS[:4])
        wanted = expected(answer["ciphertext"])
        context = trial.aead.context(key)
        ciphertext = context.seal(nonce, plaintext, ad)
        if not wanted.equals(ciphertext):
            raise Violation(
                f"answer {number}: another ciphertext", key=key, nonce=nonce, plaintext=plaintext, found=ciphertext
            )
        if context.open(nonce, ciphertext, ad) != plaintext:
            raise Violation(f"answer {number}: the ciphertext does not open", key=key, nonce=nonce)


@check(
    "AEAD-52",
    "the known answers are many and varied",
    why="Few answers find few faults: a wrong table entry shows only when an input reaches it.",
    precedent="measured by the authors: of 512 one-bit table faults, one answer finds 274, sixteen find all",
    flaws=("known answers missing", "known answers too alike"),
    layer=Layer.ANSWERS,
)
def varied(trial: Trial) -> None:
    """Demand 16 random keys, nonces of all bits and all ones, empty and long plaintexts and associated data."""
    given = answers(trial, *FIELDS)
    demand_provenance(trial)
    demand_keys(trial, (octets(answer["key"]) for answer in given))
    nonces = {octets(answer["nonce"]) for answer in given}
    demand_bits(trial, nonces, "nonce")
    demand(any(set(nonce) == {0xFF} for nonce in nonces), "no nonce of all ones", trial)
    wanted = (range(1), range(1, 16), range(16, 17), range(17, 64), range(129, 60_000), range(65_537, 1 << 40))
    demand_sizes(trial, {len(octets(answer["plaintext"])) for answer in given}, wanted, "plaintext")
    ad_sizes = {len(octets(answer["associated_data"])) for answer in given}
    demand_sizes(trial, ad_sizes, (range(1), range(1, 16), range(17, 1000)), "associated data")
