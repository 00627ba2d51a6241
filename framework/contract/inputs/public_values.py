"""What everyone can compute from a public key and a ciphertext, and a bad plugin takes for a secret."""

from collections.abc import Iterator
from hashlib import new, shake_128, shake_256

HASHES = ("sha256", "sha3_256", "blake2s", "blake2b", "sha512", "sha3_512", "sha384", "sha1", "md5")


def public_values(public_key: bytes, ciphertext: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and values of 32 bytes: slices, XORs and hashes of what is public."""
    public = {
        "the ciphertext": ciphertext,
        "the public key": public_key,
        "the ciphertext and the public key": ciphertext + public_key,
        "the public key and the ciphertext": public_key + ciphertext,
        "the first half of the ciphertext": ciphertext[: len(ciphertext) // 2],
        "the first 32 bytes of the ciphertext": ciphertext[:32],
        "the last 32 bytes of the ciphertext": ciphertext[-32:],
        "what follows 32 bytes of the ciphertext": ciphertext[32:],
        "nothing": b"",
    }
    for at in range(len(ciphertext) - 31):
        yield f"bytes {at} to {at + 31} of the ciphertext", ciphertext[at : at + 32]
    for byte in (0x00, 0xFF, 0x01):
        yield f"{byte:#04x} in every byte", bytes([byte]) * 32
    for name, value in public.items():
        for hash_name in HASHES:
            digest = new(hash_name, value, usedforsecurity=False).digest()
            yield f"{hash_name} of {name}", digest[:32].ljust(32, b"\0")
            twice = new(hash_name, digest, usedforsecurity=False).digest()
            yield f"{hash_name} of {hash_name} of {name}", twice[:32].ljust(32, b"\0")
        yield f"SHAKE128 of {name}", shake_128(value).digest(32)
        yield f"SHAKE256 of {name}", shake_256(value).digest(32)
