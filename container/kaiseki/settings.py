"""What a user may set, where it comes from, and the only place that reads the environment.

A setting is a command-line flag or the environment variable `KAISEKI_<NAME>`; the flag wins. Numbers of the budget are
settings too: `KAISEKI_BUDGET_USD=0.5`.
"""

import difflib
import os
import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator

from kaiseki.errors import SettingError
from kaiseki.models import Budget, Value
from kaiseki.personal.allowance import NOTHING, Allowance, parse_allowance
from kaiseki.redshift_location import FORMS as REDSHIFT_FORMS
from kaiseki.redshift_location import parse_location
from kaiseki.schema_names import listed_schemas

PREFIX = "KAISEKI_"
PROMPT_LIMIT = 200_000  # characters
# What a query returns at most where results can be unloaded and the budget does not say: decision 8 has the reasons.
UNLOADED_ROWS = 2_000_000


class SandboxLimits(Value):
    """What one session of generated code may take."""

    memory_mb: int = Field(default=3_072, ge=256)
    step_seconds: float = Field(default=120.0, gt=0)


class Settings(Value):
    warehouse: str = "duckdb:input"
    store: str = "folder:results"
    model: str = "offline"
    region: str | None = None
    record: Path | None = None
    strict: bool = False
    redshift_password: str | None = Field(default=None, repr=False)  # of the user in redshift://USER@HOST:PORT/DATABASE
    redshift_secret: str | None = None  # or the secret of Secrets Manager that holds it
    unload_role: str | None = None  # an ARN: by which Redshift may write large results ...
    unload_to: str | None = None  # ... to this prefix in S3, from where they are read and removed
    unload_above: int = Field(default=200_000, ge=1)  # rows, up to which they come by a cursor
    cursor_rows: int = Field(default=1_000_000, ge=1)  # the most that a cursor of Redshift brings, whatever is wanted
    schemas: tuple[str, ...] | None = None  # of the warehouse, that may be read; None: all that its user may read
    show_personal: Allowance = NOTHING  # columns of people's data that the model is shown by value, not by form alone
    clock: datetime | None = None  # what a run takes for now; with a recording: when it was made
    budget: Budget = Budget()
    sandbox: SandboxLimits = SandboxLimits()
    wheels: Path | None = None  # a folder of packages that steps may require beside the installed ones
    broker: int | None = None  # descriptor of the socket to a sandbox held by root; the image's entry point sets it
    knowledge: str | None = None  # the company's own; None: the folder `knowledge` beside the warehouse's, if any
    cache: Path | None = None  # of the schema of a Redshift, between runs on this machine; None: it is not kept
    card_characters: int = Field(default=24_000, ge=1_000)
    workspace: Path | None = None  # where bundles are built on their way to S3; None: a temporary folder
    records: str | None = None  # where the service keeps account of runs; None: nowhere, runs are the caller's own
    event_bus: str | None = None  # of EventBridge, told when a run of the service ends
    environment: str = "local"  # the deployment, as metrics name it
    heartbeat_seconds: float = Field(default=15.0, gt=0)
    api: str | None = None  # the service to ask: its address, or env:NAME of one deployed in this AWS account
    api_token: str | None = None  # where the service takes JWTs instead of AWS signatures

    @property
    def now(self) -> datetime:
        """In UTC, as Redshift and the sandbox count time."""
        return self.clock.astimezone(UTC) if self.clock else datetime.now(UTC)

    @field_validator("cache", mode="before")
    @classmethod
    def _none_is_no_cache(cls, value: object) -> object:
        return None if value == "none" else value

    @field_validator("schemas", mode="before")
    @classmethod
    def _schemas_are_listed(cls, value: object) -> object:
        return listed_schemas(value) if isinstance(value, str) else value

    @field_validator("show_personal", mode="before")
    @classmethod
    def _names_columns(cls, given: object) -> object:
        return parse_allowance(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _forms_are_known(self) -> "Settings":
        if self.warehouse.startswith("redshift:"):
            parse_location(self.warehouse)
        else:
            _require_form("warehouse", self.warehouse, ("duckdb:PATH", *REDSHIFT_FORMS))
        _require_form("store", self.store, ("folder:PATH", "s3://BUCKET"))
        _require_unloading(self.unload_role, self.unload_to)
        if self.knowledge is not None:
            _require_form("knowledge", self.knowledge, ("folder:PATH", "s3://BUCKET"))
        if self.records is not None:
            _require_form("records", self.records, ("dynamodb:TABLE",))
        if self.api is not None:
            _require_form("api", self.api, ("https://HOST", "http://HOST", "env:NAME"))
        return self


def _require_form(name: str, value: str, forms: tuple[str, ...]) -> None:
    prefixes = [form.rstrip(string.ascii_uppercase) for form in forms]
    if not any(value.startswith(prefix) and len(value) > len(prefix) for prefix in prefixes):
        raise SettingError(
            f"the {name} '{value}' is not of a known form",
            hint=f"write it as {' or '.join(forms)}",
        )


def _require_unloading(role: str | None, to: str | None) -> None:
    if (role is None) != (to is None):
        raise SettingError(
            "large results are unloaded by a role and to a place: one of them is not set",
            hint="set both KAISEKI_UNLOAD_ROLE and KAISEKI_UNLOAD_TO, or neither",
        )
    if role is not None and to is not None:  # both become part of a statement
        if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+", role):
            hint = "write it as arn:aws:iam::ACCOUNT:role/NAME"
            raise SettingError(f"the unload_role '{role}' is no role", hint=hint)
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+/[\w!.*()/-]+", to):
            raise SettingError(f"the unload_to '{to}' is no prefix in S3", hint="write it as s3://BUCKET/PREFIX")


_GROUPS = ("budget", "sandbox")


def _keys() -> dict[str, tuple[str, ...]]:
    """Each settable name as the environment writes it -> its path in Settings."""
    keys: dict[str, tuple[str, ...]] = {}
    for name in Settings.model_fields:
        if name not in _GROUPS:
            keys[name.upper()] = (name,)
    for group, model in (("budget", Budget), ("sandbox", SandboxLimits)):
        for name in model.model_fields:
            keys[f"{group}_{name}".upper()] = (group, name)
    return keys


def load_settings(flags: Mapping[str, object | None], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags (None: not given) over the environment. Raises SettingError naming the key that is wrong."""
    environment = os.environ if environment is None else environment
    keys = _keys()
    values: dict[str, dict[str, object]] = {group: {} for group in _GROUPS}
    top: dict[str, object] = {"cache": Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "kaiseki"}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        key = variable.removeprefix(PREFIX)
        if key not in keys:
            raise _unknown(variable, [PREFIX + k for k in keys])
        _place(top, values, keys[key], text)
    for name, value in flags.items():
        if value is not None:
            _place(top, values, keys[name.upper()], value)
    if top.get("unload_role") is not None:
        values["budget"].setdefault("rows_per_query", UNLOADED_ROWS)
    try:
        return Settings.model_validate({**top, **{group: values[group] for group in _GROUPS}})
    except ValidationError as error:
        first = error.errors()[0]
        where = "_".join(str(part) for part in first["loc"])
        raise SettingError(
            f"the setting {where} is wrong: {first['msg'][:1].lower()}{first['msg'][1:]} (got {first['input']!r})",
            hint=f"mend the flag --{where.replace('_', '-')} or the variable {PREFIX}{where.upper()}",
        ) from None


def load_service_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """No more than it takes to record that the other settings are wrong. Raises SettingError."""
    environment = os.environ if environment is None else environment
    needed = {f"{PREFIX}{name}" for name in ("RECORDS", "EVENT_BUS", "ENVIRONMENT", "REGION")}
    return load_settings({}, {name: text for name, text in environment.items() if name in needed})


def _place(top: dict[str, object], groups: dict[str, dict[str, object]], path: tuple[str, ...], value: object) -> None:
    if len(path) == 1:
        top[path[0]] = value
    else:
        groups[path[0]][path[1]] = value


def _unknown(variable: str, known: list[str]) -> SettingError:
    nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0.75)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(sorted(known))}"
    return SettingError(f"there is no setting {variable}", hint=hint)
