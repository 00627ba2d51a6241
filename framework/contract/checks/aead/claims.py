"""What an AEAD says of itself: its limit, and whether it commits to its key."""

from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


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
