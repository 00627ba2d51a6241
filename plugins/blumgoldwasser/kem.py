"""BG-KEM/1: Blum-Goldwasser under a Fujisaki-Okamoto transform with implicit rejection (PROTOCOL, BG-KEM/1)."""

import hmac
import secrets
from hashlib import sha3_256, sha3_512, shake_256

from gmpy2 import mpz

from framework import Encapsulation, KeyPair, PrimitiveInfo, RandomBytes, Status
from plugins.blumgoldwasser.generator import keystream
from plugins.blumgoldwasser.keys import PrivateKey, modulus
from plugins.blumgoldwasser.octets import draw, octets, to_integer, to_octets
from plugins.blumgoldwasser.parameters import MESSAGE_SIZE, Parameters
from plugins.blumgoldwasser.primes import blum_prime
from plugins.blumgoldwasser.root import square_root

_DOMAIN = b"BG-KEM/1 "
_KEYSTREAM_BITS = 8 * MESSAGE_SIZE


class BlumGoldwasserKem:
    """A key exchange of one parameter set. Promise: IND-CCA2 in the random-oracle model if factoring is hard.

    Sizes for a modulus of N bytes: public key N, private key N + 32, ciphertext N + 32, shared secret 32.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.info = PrimitiveInfo(
            name=parameters.name,
            title=f"Blum-Goldwasser KEM (BG-KEM/1), {parameters.modulus_bits}-bit modulus",
            security_bits=parameters.security_bits,
            status=Status.EXPERIMENTAL,
            reference="Blum and Goldwasser, CRYPTO '84; HAC §8.7.2; PROTOCOL, BG-KEM/1",
        )
        self.public_key_size = parameters.modulus_size
        self.private_key_size = parameters.modulus_size + MESSAGE_SIZE
        self.ciphertext_size = MESSAGE_SIZE + parameters.modulus_size

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """Make a key pair. Raises MisuseError when `random_bytes` is no source of randomness."""
        parameters = self._parameters
        p = blum_prime(parameters.prime_bits, random_bytes)
        q = blum_prime(parameters.prime_bits, random_bytes)
        while abs(p - q) >> parameters.prime_bits - 100 == 0:  # FIPS 186-5 A.1.1: against Fermat's factoring
            q = blum_prime(parameters.prime_bits, random_bytes)
        private = PrivateKey(p, q, draw(random_bytes, MESSAGE_SIZE))
        return KeyPair(to_octets(p * q, parameters.modulus_size), private.serialize(parameters))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """Raise InvalidKeyError unless n may be used; `pinned` also shows that n is composite, in milliseconds."""
        modulus(self._parameters, public_key, pinned=pinned)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        """Make a shared secret and its ciphertext; draws 32 bytes, once."""
        n = modulus(self._parameters, public_key)
        message = draw(random_bytes, MESSAGE_SIZE)
        secret, x0 = self._derive(n, message)
        stream, z = self._keystream(x0, n)
        ciphertext = _xor(message, stream) + to_octets(z, self._parameters.modulus_size)
        return Encapsulation(ciphertext, _shared_secret(secret, ciphertext))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """Recover the shared secret, or for a ciphertext that is not genuine, another that looks like one.

        Re-encryption is checked without being run again. Let x0 be the root of z and x0' the seed that m'
        yields. The re-encrypted ciphertext is (m' ⊕ keystream(x0')) ‖ z(x0'). It equals c ‖ z exactly when
        x0' = x0 and squaring x0 leads back to z: these suffice, as c = m' ⊕ keystream(x0) by the making of m';
        and they are needed, as squaring permutes the squares modulo n, so that z has one root among them.
        """
        parameters = self._parameters
        private = PrivateKey.parse(parameters, private_key)
        ciphertext = octets(ciphertext, self.ciphertext_size, "a ciphertext")
        rejected = sha3_256(_DOMAIN + b"R\0" + private.rejection_secret + ciphertext).digest()
        if not private.is_usable(parameters):
            return rejected
        n = private.p * private.q
        x0 = square_root(to_integer(ciphertext[MESSAGE_SIZE:]), private.p, private.q, parameters.squarings + 1)
        stream, z = self._keystream(x0, n)
        secret, expected_x0 = self._derive(n, _xor(ciphertext[:MESSAGE_SIZE], stream))
        accepted = _shared_secret(secret, ciphertext)
        size = parameters.modulus_size
        genuine = hmac.compare_digest(
            to_octets(x0, size) + ciphertext[MESSAGE_SIZE:], to_octets(expected_x0, size) + to_octets(z, size)
        )
        return accepted if genuine else rejected

    def _derive(self, n: mpz, message: bytes) -> tuple[bytes, mpz]:
        """From m: the pre-key K̄ and the seed x0, a square modulo n."""
        size = self._parameters.modulus_size
        public_key_hash = sha3_256(to_octets(n, size)).digest()
        expanded = sha3_512(_DOMAIN + b"G\0" + message + public_key_hash).digest()
        secret, coins = expanded[:MESSAGE_SIZE], expanded[MESSAGE_SIZE:]
        r = to_integer(shake_256(_DOMAIN + b"x\0" + coins).digest(size + 16)) % n
        return secret, r * r % n

    def _keystream(self, x0: mpz, n: mpz) -> tuple[bytes, mpz]:
        """The first 256 keystream bits, as bytes, and z."""
        parameters = self._parameters
        stream, z = keystream(x0, n, parameters.squarings, parameters.squaring_bits)
        surplus = parameters.squarings * parameters.squaring_bits - _KEYSTREAM_BITS
        return to_octets(stream >> surplus, MESSAGE_SIZE), z


def _shared_secret(secret: bytes, ciphertext: bytes) -> bytes:
    return sha3_256(_DOMAIN + b"K\0" + secret + sha3_256(ciphertext).digest()).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
