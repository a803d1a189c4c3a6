"""A certificate authority of this machine alone, and certificates that are right, or wrong in one way."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """Its file `trusted` is what a client trusts."""

    root: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def trusted(self) -> Path:
        return self.root / "authority.pem"

    def server(self, host: str = "127.0.0.1", *, days: int = 1, signed: bool = True) -> ssl.SSLContext:
        """A server's side of TLS. `days` until it ends (negative: ended), `signed` by the authority or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        alone = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([_general(host)])
        issuer, by = (self.name, self.key) if signed else (alone, key)
        certificate = _certificate(alone, key, issuer, days).add_extension(names, critical=False)
        files = self.root / "server.pem", self.root / "server.key"
        files[0].write_bytes(certificate.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return context


def authority(root: Path) -> Authority:
    """A new one, with its files in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Authority")])
    able = x509.BasicConstraints(ca=True, path_length=None)
    certificate = _certificate(name, key, name, 1).add_extension(able, critical=True).sign(key, hashes.SHA256())
    made = Authority(root, key, name)
    made.trusted.write_bytes(certificate.public_bytes(Encoding.PEM))
    return made


def _certificate(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=10),
        not_valid_after=now + timedelta(days=days),
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
