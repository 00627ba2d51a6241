"""Broken on purpose: plugins whose flaws the checks in `checks/aead/claims.py` find."""

from tests.zoo.aead.genuine import Gcm


class EndlessRecords(Gcm):
    """May seal 2^62 records under one key."""

    found_by = ("AEAD-14",)
    max_records_per_key = 2**62


class ClaimsCommitment(Gcm):
    """Claims that GCM commits to its key."""

    found_by = ("AEAD-15",)
    vectors = "tests/zoo/false_claims.json"
