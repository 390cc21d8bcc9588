"""One server for each test that asks for it, with a certificate made for the occasion, and the warehouse on it."""

import datetime
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

sys.path.append(str(Path(__file__).parent.parent))

from kaiseki.warehouses.redshift import RedshiftWarehouse
from kaiseki.warehouses.redshift_login import Login
from redshift_server.server import RedshiftServer

PASSWORD = "not-a-secret"
Open = Callable[..., RedshiftWarehouse]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key for `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "server.crt", folder / "server.key"


@pytest.fixture
def server(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[RedshiftServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = RedshiftServer(*certificate, PASSWORD)
    yield server
    server.close()


@pytest.fixture
def open_warehouse(server: RedshiftServer, request: pytest.FixtureRequest) -> Open:
    """A warehouse on the server whose tables the given SQL makes; closed at the end of the test."""

    def opened(setup: str = "", **options: float) -> RedshiftWarehouse:
        if setup:
            server.database.execute(setup)
        login = Login("localhost", server.port, "memory", "analyst", PASSWORD)
        warehouse = RedshiftWarehouse(lambda: login, **options)
        request.addfinalizer(warehouse.close)
        return warehouse

    return opened
