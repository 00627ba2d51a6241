"""TLS 1.3."""

import asyncio
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.bench.transports.streams import StreamConnection
from app.bench.transports.tcp import serve_tcp
from app.bench.transports.transport import LOOPBACK, Connection, Transport


def tls() -> Transport:
    """Asyncio TLS 1.3 with a certificate made for the occasion."""

    async def start() -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder) / "certificate.pem"
            pem.write_bytes(_certificate())
            context.load_cert_chain(pem)
            authority = pem.read_text()
        server = await asyncio.start_server(serve_tcp, LOOPBACK, 0, ssl=context)
        return f"{server.sockets[0].getsockname()[1]} {authority.encode().hex()}"

    async def connect(endpoint: str) -> Connection:
        port, authority = endpoint.split()
        context = ssl.create_default_context(cadata=bytes.fromhex(authority).decode().partition("-----BEGIN PRIV")[0])
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return StreamConnection(
            *await asyncio.open_connection(LOOPBACK, int(port), ssl=context, server_hostname="bench")
        )

    return Transport("asyncio TLS 1.3", start, connect)


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("bench")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private
