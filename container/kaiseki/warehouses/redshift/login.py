"""Whom to sign in to Redshift as: short-lived credentials of the role by IAM, a secret, or a password that was set."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import exceptions as aws

from kaiseki.errors import SettingError, WarehouseError
from kaiseki.redshift_location import Cluster, Endpoint, Location, Workgroup

Client = Callable[[str], Any]  # the name of a service of AWS -> its client
_DURATION = 3_600  # seconds; what both kinds of Redshift give at most
_BEFORE_EXPIRY = timedelta(minutes=2)


@dataclass(frozen=True)
class Login:
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    expires: datetime | None = None  # None: it does not

    @property
    def valid(self) -> bool:
        return self.expires is None or datetime.now(UTC) < self.expires - _BEFORE_EXPIRY


def sign_in(location: Location, client: Client, password: str | None, secret: str | None) -> Login:
    """Raises SettingError where a password is missing, WarehouseError where AWS does not give what is needed."""
    match location:
        case Workgroup():
            with _as_warehouse_errors(f"the workgroup {location.name}"):
                return _to_workgroup(location, client("redshift-serverless"))
        case Cluster():
            with _as_warehouse_errors(f"the cluster {location.name}"):
                return _to_cluster(location, client("redshift"))
        case Endpoint() if secret:
            with _as_warehouse_errors(f"the secret {secret}"):
                return _by_secret(location, client("secretsmanager"), secret)
        case Endpoint() if password and location.user:
            return Login(location.host, location.port, location.database, location.user, password)
    raise SettingError(
        f"there is no user and password for {location.host}",
        hint="set KAISEKI_REDSHIFT_PASSWORD, or KAISEKI_REDSHIFT_SECRET to the name of a secret in Secrets Manager",
    )


def _to_workgroup(location: Workgroup, client: Any) -> Login:
    endpoint = client.get_workgroup(workgroupName=location.name)["workgroup"].get("endpoint") or {}
    if not endpoint.get("address"):
        raise WarehouseError(f"the workgroup {location.name} has no address yet", "wait until it is available")
    given = client.get_credentials(workgroupName=location.name, dbName=location.database, durationSeconds=_DURATION)
    return Login(
        endpoint["address"],
        endpoint["port"],
        location.database,
        given["dbUser"],
        given["dbPassword"],
        given["expiration"],
    )


def _to_cluster(location: Cluster, client: Any) -> Login:
    endpoint = client.describe_clusters(ClusterIdentifier=location.name)["Clusters"][0].get("Endpoint") or {}
    if not endpoint.get("Address"):
        raise WarehouseError(
            f"the cluster {location.name} has no address now", "resume it, or wait until it is available"
        )
    given = client.get_cluster_credentials_with_iam(
        ClusterIdentifier=location.name, DbName=location.database, DurationSeconds=_DURATION
    )
    return Login(
        endpoint["Address"],
        endpoint["Port"],
        location.database,
        given["DbUser"],
        given["DbPassword"],
        given["Expiration"],
    )


def _by_secret(location: Endpoint, client: Any, secret: str) -> Login:
    """The secret is Redshift's usual one: JSON with `username` and `password`. The address stays the setting's."""
    text = client.get_secret_value(SecretId=secret).get("SecretString", "")
    try:
        held = json.loads(text)
        user, password = location.user or str(held["username"]), str(held["password"])
    except (ValueError, KeyError, TypeError) as error:
        hint = 'store it as JSON: {"username": "...", "password": "..."}'
        raise WarehouseError(f"the secret {secret} holds no username and password", hint) from error
    return Login(location.host, location.port, location.database, user, password)


@contextmanager
def _as_warehouse_errors(place: str) -> Iterator[None]:
    try:
        yield
    except aws.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        said = " ".join(str(error.response.get("Error", {}).get("Message") or code).split())[:300]
        if "AccessDenied" in code:
            hint = f"allow {error.operation_name} in the IAM policy of these credentials"
            raise WarehouseError(f"{error.operation_name} is denied for {place}", hint) from error
        if "NotFound" in code:
            raise WarehouseError(f"there is no {place.removeprefix('the ')} in this region", "mend its name") from error
        raise WarehouseError(
            f"AWS gives no way to {place}: {said} ({code})", "see the message, then try again"
        ) from error
    except aws.BotoCoreError as error:
        said = " ".join(str(error).split())[:300]
        hint = "see the credentials (AWS_PROFILE), and whether this network reaches AWS"
        raise WarehouseError(f"AWS gives no way to {place}: {said}", hint) from error
