"""One server for each test that asks for it, with a certificate made for the occasion, and the warehouse on it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent))

from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from loopback_certificate import write_certificate
from redshift_server.server import RedshiftServer

PASSWORD = "not-a-secret"
Open = Callable[..., RedshiftWarehouse]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def server(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[RedshiftServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = RedshiftServer(*certificate, PASSWORD)
    yield server
    server.close()


@pytest.fixture
def open_warehouse(server: RedshiftServer, request: pytest.FixtureRequest) -> Open:
    """A warehouse on the server whose tables the given SQL makes; closed at the end of the test."""

    def opened(setup: str = "", **options: Any) -> RedshiftWarehouse:
        if setup:
            server.database.execute(setup)
        login = Login("localhost", server.port, "memory", "analyst", PASSWORD)
        warehouse = RedshiftWarehouse(lambda: login, **{"cursor_rows": 1_000_000, **options})
        request.addfinalizer(warehouse.close)
        return warehouse

    return opened
