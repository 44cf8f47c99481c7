"""Suite ``tls``: starts and calls again, with AWS behind TLS as it really is.

The certificate is made here, for 127.0.0.1 and a day, by an authority that only the contestants
trust.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.bench import calls, starts
from tests.bench.contestants import BOTO3_WORKER, IDIOMATIC, POWERTOOLS, SHOP, Arena, arena
from tests.bench.endpoint import TLS
from tests.bench.figures import Case

#: Variables by which OpenSSL, and with it Python and the shop's clients, botocore and requests
#: find whom to trust.
TRUST_VARIABLES = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_APIS = (SHOP, IDIOMATIC, POWERTOOLS)


def over_tls(rounds: int, folder: Path) -> list[Case]:
    """Measure first answers, first messages, an order and a batch with AWS behind TLS."""
    tls, authority = make_certificate(folder)
    with arena(tls=tls, environment=dict.fromkeys(TRUST_VARIABLES, str(authority))) as where:
        return [replace(case, name=f"{case.name}, TLS") for case in _cases(where, rounds, folder)]


def _cases(where: Arena, rounds: int, folder: Path) -> list[Case]:
    workers = (SHOP, BOTO3_WORKER)
    return [
        *(starts.first_answer(where, name, _APIS, rounds) for name in starts.first_events()),
        *(starts.first_message(where, name, workers, rounds) for name in calls.BATCH_GOALS),
        calls.call(where, "POST /order/add, async", _APIS, rounds, folder),
        calls.batch(where, "order", workers, rounds),
    ]


def make_certificate(folder: Path) -> tuple[TLS, Path]:
    """Write a certificate for 127.0.0.1 with its key, and return them and their authority's."""
    issuer = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    authority = (
        _begun("The bench's authority", "The bench's authority")
        .public_key(issuer.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(issuer, hashes.SHA256())
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        _begun("127.0.0.1", "The bench's authority")
        .public_key(key.public_key())
        .add_extension(address, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(issuer, hashes.SHA256())
    )
    files = [folder / name for name in ("certificate.pem", "key.pem", "authority.pem")]
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    contents = (certificate.public_bytes(pem), private, authority.public_bytes(pem))
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return TLS(files[0], files[1]), files[2]


def _begun(subject: str, issuer: str) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    named, by = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )
