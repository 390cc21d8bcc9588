"""How a Redshift is named, how the program signs in, and that a whole run works on it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from kaiseki.cli import run_command
from kaiseki.errors import SettingError, WarehouseError
from kaiseki.models import Run
from kaiseki.redshift_location import Cluster, Endpoint, Location, Workgroup, parse_location
from kaiseki.settings import load_settings
from kaiseki.warehouses.redshift.login import Login, sign_in
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("redshift:serverless/kaiseki-dev/sales", Workgroup("kaiseki-dev", "sales")),
        ("redshift:cluster/big/dev", Cluster("big", "dev")),
        ("redshift://ann@db.example.com:5440/dev", Endpoint("ann", "db.example.com", 5440, "dev")),
        ("redshift://db.example.com/dev", Endpoint("", "db.example.com", 5439, "dev")),
    ],
)
def test_a_redshift_is_named_by_workgroup_cluster_or_address(text: str, location: Location) -> None:
    assert parse_location(load_settings({"warehouse": text}, {}).warehouse) == location


@pytest.mark.parametrize(
    "text",
    [
        "redshift:",
        "redshift:serverless/x",
        "redshift:cluster//dev",
        "redshift://ann:secret@host/dev",
        "redshift://host:x/d",
    ],
)
def test_what_is_not_such_a_name_is_refused_before_anything_starts(text: str) -> None:
    with pytest.raises(SettingError, match="not of a known form of Redshift") as refused:
        load_settings({"warehouse": text}, {})
    assert "secret" not in refused.value.message + refused.value.hint
    assert "redshift:serverless/WORKGROUP/DATABASE" in refused.value.hint


def test_a_password_shows_in_no_description_of_the_settings() -> None:
    settings = load_settings({}, {"KAISEKI_REDSHIFT_PASSWORD": "hunter2"})
    assert settings.redshift_password == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings) + repr(Login("h", 1, "d", "u", "hunter2"))


# ── signing in; the stub checks requests and answers against AWS's own description of the service ─────────────────


def stubbed(service: str, *answers: tuple[str, dict[str, Any], dict[str, Any]]) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
    client = boto3.client(service, **keys)  # type: ignore[call-overload]
    stub = Stubber(client)
    for operation, asked, answer in answers:
        stub.add_response(operation, answer, asked)
    stub.activate()
    return lambda _: client


def test_a_workgroup_gives_its_address_and_credentials_of_the_role() -> None:
    client = stubbed(
        "redshift-serverless",
        (
            "get_workgroup",
            {"workgroupName": "sales"},
            {"workgroup": {"endpoint": {"address": "w.example.com", "port": 5439}}},
        ),
        (
            "get_credentials",
            {"workgroupName": "sales", "dbName": "dev", "durationSeconds": 3600},
            {"dbUser": "IAMR:task", "dbPassword": "p", "expiration": LATER},
        ),
    )
    login = sign_in(Workgroup("sales", "dev"), client, None, None)
    assert login == Login("w.example.com", 5439, "dev", "IAMR:task", "p", LATER)
    assert login.valid
    assert not Login("h", 1, "d", "u", "p", datetime.now(UTC) + timedelta(seconds=30)).valid


def test_a_cluster_gives_its_address_and_credentials_of_the_role() -> None:
    client = stubbed(
        "redshift",
        (
            "describe_clusters",
            {"ClusterIdentifier": "c"},
            {"Clusters": [{"Endpoint": {"Address": "c.example.com", "Port": 5440}}]},
        ),
        (
            "get_cluster_credentials_with_iam",
            {"ClusterIdentifier": "c", "DbName": "dev", "DurationSeconds": 3600},
            {"DbUser": "IAMR:task", "DbPassword": "p", "Expiration": LATER},
        ),
    )
    assert sign_in(Cluster("c", "dev"), client, None, None) == Login(
        "c.example.com", 5440, "dev", "IAMR:task", "p", LATER
    )


def test_a_secret_gives_user_and_password() -> None:
    held = json.dumps({"username": "ann", "password": "p"})
    asked = {"SecretId": "sales/reader"}
    client = stubbed("secretsmanager", ("get_secret_value", asked, {"SecretString": held}))
    endpoint = Endpoint("", "host", 5439, "dev")
    assert sign_in(endpoint, client, None, "sales/reader") == Login("host", 5439, "dev", "ann", "p")
    client = stubbed("secretsmanager", ("get_secret_value", asked, {"SecretString": "p"}))
    with pytest.raises(WarehouseError, match="the secret sales/reader holds no username and password"):
        sign_in(endpoint, client, None, "sales/reader")


def test_what_aws_refuses_comes_in_one_line_with_a_hint() -> None:
    client = boto3.client("redshift", aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    stub = Stubber(client)
    stub.add_client_error("describe_clusters", "ClusterNotFound", "Cluster c not found.")
    stub.add_client_error("describe_clusters", "AccessDenied", "no")
    with stub:
        with pytest.raises(WarehouseError, match="there is no cluster c in this region"):
            sign_in(Cluster("c", "dev"), lambda _: client, None, None)
        with pytest.raises(WarehouseError, match="DescribeClusters is denied for the cluster c") as denied:
            sign_in(Cluster("c", "dev"), lambda _: client, None, None)
    assert "IAM policy" in denied.value.hint


def test_an_address_without_a_password_says_where_to_put_one() -> None:
    with pytest.raises(SettingError, match="no user and password for host") as refused:
        sign_in(Endpoint("ann", "host", 5439, "dev"), lambda _: None, None, None)
    assert "KAISEKI_REDSHIFT_PASSWORD" in refused.value.hint


# ── the whole program ─────────────────────────────────────────────────────────────────────────────────────────────

SETUP = "CREATE TABLE orders AS SELECT n AS id, n * 1.5::DECIMAL(10,2) AS amount FROM range(1, 61) AS r(n)"


def test_the_command_line_queries_a_redshift_that_the_environment_names(
    server: RedshiftServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.database.execute(SETUP)
    monkeypatch.setenv("KAISEKI_WAREHOUSE", f"redshift://analyst@localhost:{server.port}/memory")
    monkeypatch.setenv("KAISEKI_REDSHIFT_PASSWORD", "not-a-secret")
    assert run_command(["query", "SELECT COUNT(*) AS n, SUM(amount) AS s FROM orders", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["rows"] == [[60, "2745.00"]]


STEP = """Orders counted by the warehouse.
```sql name=total
SELECT COUNT(*) AS n, SUM(amount) AS amount FROM public.orders
```
```python
total = load("total")
fact("orders", int(total["n"].iloc[0]))
```
```answer outcome=answered
There are {orders} orders.
```
"""


def test_a_run_answers_from_redshift_and_its_bundle_holds_the_sql_as_it_ran(
    server: RedshiftServer, ask: Callable[..., tuple[Run, Path]]
) -> None:
    server.database.execute(SETUP)
    run, bundle = ask(
        "How many orders are there?",
        [STEP],
        warehouse=f"redshift://analyst@localhost:{server.port}/memory",
        redshift_password="not-a-secret",
    )
    assert (run.outcome, run.answer.strip()) == ("answered", "There are 60 orders.")
    assert "not-a-secret" not in "".join(p.read_text(errors="ignore") for p in bundle.rglob("*") if p.is_file())
    assert "FROM public.orders" in (bundle / "queries" / "total.sql").read_text()
