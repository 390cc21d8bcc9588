"""Where a Redshift is, as the setting `warehouse` names it."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from kaiseki.errors import SettingError

FORMS = (
    "redshift:serverless/WORKGROUP/DATABASE",
    "redshift:cluster/CLUSTER/DATABASE",
    "redshift://USER@HOST:PORT/DATABASE",
)
PORT = 5439
_NAME = r"[A-Za-z0-9][\w.-]*"


@dataclass(frozen=True)
class Workgroup:
    """A workgroup of Redshift Serverless, signed in to by IAM."""

    name: str
    database: str


@dataclass(frozen=True)
class Cluster:
    """A provisioned cluster, signed in to by IAM."""

    name: str
    database: str


@dataclass(frozen=True)
class Endpoint:
    """An address, signed in to by a password or a secret; `user` may be empty where the secret names one."""

    user: str
    host: str
    port: int
    database: str


Location = Workgroup | Cluster | Endpoint


def parse_location(text: str) -> Location:
    """Raises SettingError."""
    if found := re.fullmatch(rf"redshift:(serverless|cluster)/({_NAME})/({_NAME})", text):
        return (Workgroup if found[1] == "serverless" else Cluster)(found[2], found[3])
    try:
        parts = urlsplit(text)
        if parts.scheme == "redshift" and parts.hostname and parts.password is None and not parts.query:
            database = unquote(parts.path.removeprefix("/"))
            if re.fullmatch(_NAME, database):
                return Endpoint(unquote(parts.username or ""), parts.hostname, parts.port or PORT, database)
    except ValueError:
        pass
    hint = f"write it as {', '.join(FORMS[:-1])} or {FORMS[-1]}; a password is never part of it"
    raise SettingError("the warehouse is not of a known form of Redshift's", hint=hint)
