"""A second computation of BG-KEM/1 (PROTOCOL §11), slow and plain, and the program that writes `bg_kem_1.json`.

It shares no line with the plugin: Python integers and hashlib alone; bits are text; roots are taken one at a time,
or by the inverse of a power of two modulo the order of the squares; the remainders are joined by Gauss's formula;
a decapsulation encrypts again from the start. Run it to make the vectors anew; it takes a few minutes:

    python tests/vectors/blumgoldwasser/reference.py
"""

import json
from hashlib import sha3_256, sha3_512, shake_256
from math import gcd
from pathlib import Path

SIZES = {"bg": 3072, "bg2048": 2048}
SEEDS = (b"first key", b"second key")
MESSAGES = (bytes(32), bytes(range(32)), b"\xff" * 32, sha3_256(b"a message").digest())

Key = tuple[int, int, bytes]
"""p, q and the rejection secret."""


def is_probable_prime(number: int, rounds: int = 40) -> bool:
    """Miller and Rabin's test to bases that a hash of the number gives (HAC algorithm 4.24)."""
    if any(number % small == 0 for small in range(3, 2000, 2)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for turn in range(rounds):
        base = int.from_bytes(shake_256(f"{turn} {number:x}".encode()).digest(number.bit_length() // 8)) % (number - 3)
        power = pow(base + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def prime_from(seed: bytes, bits: int) -> int:
    """The first p ≡ 3 (mod 4) with its two top bits set in a sequence that the seed fixes."""
    counter = 0
    while True:
        candidate = int.from_bytes(shake_256(seed + counter.to_bytes(4)).digest(bits // 8))
        candidate |= 3 << bits - 2 | 3
        if is_probable_prime(candidate, rounds=1) and is_probable_prime(candidate):
            return candidate
        counter += 1


def key_from(seed: bytes, bits: int) -> Key:
    return prime_from(seed + b" p", bits // 2), prime_from(seed + b" q", bits // 2), sha3_256(seed + b" s").digest()


def private_key_bytes(key: Key, bits: int) -> bytes:
    p, q, rejection_secret = key
    return p.to_bytes(bits // 16) + q.to_bytes(bits // 16) + rejection_secret


def encapsulate(public_key: bytes, message: bytes) -> tuple[bytes, bytes]:
    """The ciphertext and the shared secret, one line a line of PROTOCOL §11.2."""
    n = int.from_bytes(public_key)
    public_key_hash = sha3_256(public_key).digest()
    pre_key_and_coins = sha3_512(b"BG-KEM/1 G\x00" + message + public_key_hash).digest()
    pre_key, coins = pre_key_and_coins[:32], pre_key_and_coins[32:]
    r = int.from_bytes(shake_256(b"BG-KEM/1 x\x00" + coins).digest(len(public_key) + 16)) % n
    bits, z = run(pow(r, 2, n), n)
    ciphertext = mask(message, bits) + z.to_bytes(len(public_key))
    return ciphertext, sha3_256(b"BG-KEM/1 K\x00" + pre_key + sha3_256(ciphertext).digest()).digest()


def run(x: int, n: int) -> tuple[str, int]:
    """The lowest bits of x_1 to x_256, as text, and x_257."""
    bits = ""
    for _ in range(256):
        x = pow(x, 2, n)
        bits += "1" if x % 2 else "0"
    return bits, pow(x, 2, n)


def mask(message: bytes, bits: str) -> bytes:
    text = "".join(f"{octet:08b}" for octet in message)
    return bytes(
        int("".join("01"[a != b] for a, b in zip(text[i : i + 8], bits[i : i + 8], strict=True)), 2)
        for i in range(0, 256, 8)
    )


def roots_one_by_one(z: int, prime: int) -> int:
    """257 square roots in turn, each the one that is a square."""
    for _ in range(257):
        z = pow(z, (prime + 1) // 4, prime)
    return z


def root_by_inverse(z: int, prime: int) -> int:
    """The same for a square z: the squares modulo the prime are a group of odd order, in which 2 has an inverse."""
    return pow(z, pow(2, -257, (prime - 1) // 2), prime)


def decapsulate(key: Key, ciphertext: bytes, *, one_by_one: bool = True) -> bytes:
    """The shared secret, or the hash of the rejection secret (PROTOCOL §11.3)."""
    p, q, rejection_secret = key
    n = p * q
    masked, z = ciphertext[:32], int.from_bytes(ciphertext[32:])
    root = roots_one_by_one if one_by_one else root_by_inverse
    x0 = (root(z % p, p) * q * pow(q, -1, p) + root(z % q, q) * p * pow(p, -1, q)) % n
    again, shared_secret = encapsulate(n.to_bytes(len(ciphertext) - 32), mask(masked, run(x0, n)[0]))
    if again == ciphertext:
        return shared_secret
    return sha3_256(b"BG-KEM/1 R\x00" + rejection_secret + ciphertext).digest()


def is_square_modulo(number: int, prime: int) -> bool:
    return pow(number, (prime - 1) // 2, prime) == 1


def forgeries(key: Key, genuine: bytes, of_another_message: bytes, of_another_key: bytes) -> dict[str, bytes]:
    """Ciphertexts that are not genuine, by what is wrong with them."""
    p, q, _ = key
    n, size = p * q, len(genuine) - 32
    c, z = genuine[:32], int.from_bytes(genuine[32:])

    def with_z(number: int) -> bytes:
        return c + number.to_bytes(size)

    def flipped(bit: int) -> bytes:
        return (int.from_bytes(genuine) ^ 1 << 8 * len(genuine) - 1 - bit).to_bytes(len(genuine))

    cases = {f"bit {bit} flipped": flipped(bit) for bit in (0, 7, 128, 255, 256, 257, 1300, 8 * len(genuine) - 1)}
    for number in range(2, 100):
        in_p, in_q = is_square_modulo(number, p), is_square_modulo(number, q)
        name = {(True, False): "square modulo p alone", (False, True): "square modulo q alone"}.get((in_p, in_q))
        if name and f"z is a {name}" not in cases:
            cases[f"z is a {name}"] = with_z(number * z % n)
    cases |= {
        "z = 0": with_z(0),
        "z = 1": with_z(1),
        "z = 4": with_z(4),
        "z = n - 1": with_z(n - 1),
        "z negated: Jacobi symbol 1, no square": with_z(n - z),
        "z = n": with_z(n),
        "z = n + 1": with_z(n + 1),
        "z = 2^k - 1, above n": with_z((1 << 8 * size) - 1),
        "z = p": with_z(p),
        "z = q squared": with_z(q * q % n),
        "z a square times p": with_z(p * z % n),
        "z squared once more": with_z(z * z % n),
        "z of another message": c + of_another_message[32:],
        "c of another message": of_another_message[:32] + genuine[32:],
        "ciphertext for another key": of_another_key,
        "c = 0": bytes(32) + genuine[32:],
        "all zero": bytes(len(genuine)),
    }
    return cases


def unreduced(public_key: bytes) -> bytes:
    """A genuine ciphertext but for z, to which n is added; of the first message whose z leaves room for that."""
    n, counter = int.from_bytes(public_key), 0
    while True:
        ciphertext, _ = encapsulate(public_key, counter.to_bytes(32))
        z = int.from_bytes(ciphertext[32:]) + n
        if z.bit_length() <= 8 * len(public_key):
            return ciphertext[:32] + z.to_bytes(len(public_key))
        counter += 1


def vectors_of(key: Key, other: Key, bits: int) -> dict[str, object]:
    public_key, other_public_key = ((k[0] * k[1]).to_bytes(bits // 8) for k in (key, other))
    genuine = [(message, *encapsulate(public_key, message)) for message in MESSAGES]
    for _, ciphertext, shared_secret in genuine:
        if decapsulate(key, ciphertext) != shared_secret or gcd(*key[:2]) != 1:
            raise ArithmeticError("the reference does not agree with itself")
    forged = forgeries(key, genuine[1][1], genuine[2][1], encapsulate(other_public_key, MESSAGES[1])[0])
    forged["z + n, not reduced"] = unreduced(public_key)
    return {
        "public_key": public_key.hex(),
        "private_key": private_key_bytes(key, bits).hex(),
        "p_below_q": key[0] < key[1],
        "genuine": [dict(zip(("m", "ct", "K"), (x.hex() for x in row), strict=True)) for row in genuine],
        "rejected": [
            {"why": why, "ct": ciphertext.hex(), "K": decapsulate(key, ciphertext, one_by_one=False).hex()}
            for why, ciphertext in forged.items()
        ],
    }


def main() -> None:
    vectors = {}
    for name, bits in SIZES.items():
        first, second = (key_from(f"BG-KEM/1 {name} ".encode() + seed, bits) for seed in SEEDS)
        if (first[0] < first[1]) == (second[0] < second[1]):
            second = second[1], second[0], second[2]
        vectors[name] = [vectors_of(first, second, bits), vectors_of(second, first, bits)]
    Path(__file__).with_name("bg_kem_1.json").write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
