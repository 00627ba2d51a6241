"""BG-KEM/1: Blum-Goldwasser under a Fujisaki-Okamoto transform with implicit rejection (PROTOCOL §11)."""

import hmac
import secrets
from hashlib import sha3_256, sha3_512, shake_256

from gmpy2 import mpz

from framework.plugin import Encapsulation, KeyPair, MisuseError, PrimitiveInfo, RandomBytes, Status
from plugins.blumgoldwasser.blinded_root import blinded_root
from plugins.blumgoldwasser.generator import keystream
from plugins.blumgoldwasser.keys import PrivateKey, read_modulus
from plugins.blumgoldwasser.octets import draw, octets, to_integer, to_octets
from plugins.blumgoldwasser.parameters import SECRET_SIZE, SQUARINGS, Parameters
from plugins.blumgoldwasser.primes import blum_prime


class BlumGoldwasserKem:
    """BG-KEM/1 with one parameter set. Promise: IND-CCA2, in the random-oracle model, if factoring n is hard.

    Sizes for a modulus of N bytes: public key N, private key N + 32, ciphertext N + 32, shared secret 32.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.info = PrimitiveInfo(
            name=parameters.name,
            title=f"Blum-Goldwasser KEM (BG-KEM/1), {parameters.modulus_bits}-bit modulus",
            security_bits=parameters.security_bits,
            status=Status.EXPERIMENTAL,
            reference="Blum and Goldwasser, CRYPTO '84; HAC §8.7.2; PROTOCOL §11",
        )
        self.public_key_size = parameters.modulus_size
        self.private_key_size = 2 * parameters.prime_size + SECRET_SIZE
        self.ciphertext_size = SECRET_SIZE + parameters.modulus_size

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """Make a key pair. Raises MisuseError when `random_bytes` is no source of randomness."""
        parameters = self._parameters
        p = blum_prime(parameters.prime_bits, random_bytes)
        q = blum_prime(parameters.prime_bits, random_bytes)
        if abs(p - q) <= mpz(1) << parameters.prime_bits - 100:  # FIPS 186-5, A.1.3: far apart against Fermat
            raise MisuseError("random_bytes is not a source of randomness: it gave two primes that lie together")
        private = PrivateKey(p, q, draw(random_bytes, SECRET_SIZE))
        return KeyPair(to_octets(p * q, parameters.modulus_size), private.serialize(parameters))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """Raise InvalidKeyError unless n may be used; `pinned` also shows, in milliseconds, that n is composite."""
        read_modulus(self._parameters, public_key, pinned=pinned)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        """Make a shared secret and its ciphertext from 32 random bytes, drawn at once (PROTOCOL §11.2).

        Raises InvalidKeyError for a public key that `check_public_key` refuses.
        """
        n = read_modulus(self._parameters, public_key)
        message = draw(random_bytes, SECRET_SIZE)
        secret, x0 = self._expand(n, message)
        stream, z = keystream(x0, n, SQUARINGS, width=1)
        ciphertext = _xor(message, stream) + to_octets(z, self._parameters.modulus_size)
        return Encapsulation(ciphertext, _shared_secret(secret, ciphertext))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """Recover the shared secret (PROTOCOL §11.3). Only a wrong length raises, as InvalidKeyError.

        A ciphertext that is not genuine, or a private key whose numbers are not fit for use, gives another secret,
        hashed from the rejection secret and the ciphertext.

        Re-encryption takes no second run of the generator. With x0 the root of z, and x0' what m' expands to,
        re-encrypting gives (m' ⊕ keystream(x0')) ‖ z(x0'). That equals c ‖ z exactly if x0' = x0 and x0 leads to z.
        If: c = m' ⊕ keystream(x0) by the making of m'. Only if: squaring permutes the squares modulo n, so z(x0')
        has no other root among them than x0'; that root is x0.
        """
        parameters = self._parameters
        private = PrivateKey.parse(parameters, private_key)
        ciphertext = octets(ciphertext, self.ciphertext_size, "a ciphertext")
        rejected = sha3_256(b"BG-KEM/1 R\0" + private.rejection_secret + ciphertext).digest()
        if not private.is_usable(parameters):
            return rejected
        n = private.p * private.q
        masked, z = ciphertext[:SECRET_SIZE], ciphertext[SECRET_SIZE:]
        x0 = blinded_root(to_integer(z), private.p, private.q, SQUARINGS + 1)
        stream, z_from_x0 = keystream(x0, n, SQUARINGS, width=1)
        secret, x0_from_message = self._expand(n, _xor(masked, stream))
        accepted = _shared_secret(secret, ciphertext)
        size = parameters.modulus_size
        is_genuine = hmac.compare_digest(
            to_octets(x0, size) + z, to_octets(x0_from_message, size) + to_octets(z_from_x0, size)
        )
        return accepted if is_genuine else rejected

    def _expand(self, n: mpz, message: bytes) -> tuple[bytes, mpz]:
        """From m: K̄, 32 bytes, and x0 = r² mod n."""
        size = self._parameters.modulus_size
        public_key_hash = sha3_256(to_octets(n, size)).digest()
        expanded = sha3_512(b"BG-KEM/1 G\0" + message + public_key_hash).digest()
        secret, coins = expanded[:SECRET_SIZE], expanded[SECRET_SIZE:]
        r = to_integer(shake_256(b"BG-KEM/1 x\0" + coins).digest(size + 16)) % n
        return secret, r * r % n


def _shared_secret(secret: bytes, ciphertext: bytes) -> bytes:
    return sha3_256(b"BG-KEM/1 K\0" + secret + sha3_256(ciphertext).digest()).digest()


def _xor(message: bytes, stream: mpz) -> bytes:
    return to_octets(to_integer(message) ^ stream, SECRET_SIZE)
