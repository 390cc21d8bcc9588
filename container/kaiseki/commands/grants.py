"""`kaiseki schema --grants`: the SQL of the Redshift user who may read the schemas that are set, and nothing else."""

import argparse
import json
from dataclasses import asdict

from kaiseki.build import open_schemas
from kaiseki.errors import InputError, SettingError
from kaiseki.redshift_location import Endpoint, Location, parse_location
from kaiseki.schema_names import beyond
from kaiseki.settings import Settings
from kaiseki.warehouses.redshift.grants import assuming, created, grants, script, user_of_role

_USER = "kaiseki"
_DATABASE = "dev"  # as Redshift calls the first one


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    user, database = _reader(arguments, settings), _database(settings)
    kinds = open_schemas(settings)
    missing = beyond(settings.schemas, tuple(kinds))
    if missing:
        raise SettingError(f"Redshift has no schema {' or '.join(missing)}", hint="mend --schemas or KAISEKI_SCHEMAS")
    statements = (created(user), *grants(user, database, settings.schemas or tuple(kinds), kinds))
    if settings.unload_role is not None:
        statements = (*statements, assuming(user, settings.unload_role))
    if arguments.json:
        told = {"user": user, "database": database, "statements": [asdict(statement) for statement in statements]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(f"-- For an administrator, in the database {database}. Statements that were run may be run again.")
        print(script(statements))
    return 0


def _reader(arguments: argparse.Namespace, settings: Settings) -> str:
    location = _location(settings)
    user = user_of_role(arguments.role) if arguments.role is not None else arguments.user
    if user is None:
        user = (location.user if isinstance(location, Endpoint) else "") or _USER
    if not user.isprintable() or not user.strip() or user == "IAMR:":
        raise InputError(f"{user!r} is no name of a user", hint="write --user NAME, or --role NAME")
    return str(user)


def _database(settings: Settings) -> str:
    location = _location(settings)
    return location.database if location is not None else _DATABASE


def _location(settings: Settings) -> Location | None:
    return parse_location(settings.warehouse) if settings.warehouse.startswith("redshift:") else None
