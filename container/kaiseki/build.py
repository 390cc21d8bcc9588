"""From settings to the parts of the program: the only module that knows the adapters by name.

What takes long to import (DSPy, DuckDB, boto3) is imported by what opens it: `kaiseki runs` need not wait for it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaiseki.catalog.knowledge.entries import NOTHING_KNOWN, Knowledge
from kaiseki.errors import SettingError
from kaiseki.ports import Cache, Observer, RunRecord, RunStore, Warehouse
from kaiseki.sandbox.brokered import BrokeredSandbox
from kaiseki.sandbox.limits import MIB, Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.wheels.packages import WheelPackages
from kaiseki.settings import Settings
from kaiseki.stores.folder import FolderStore

if TYPE_CHECKING:
    from kaiseki.client.service import Service
    from kaiseki.run import Parts
    from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse


@contextmanager
def open_parts(
    settings: Settings,
    store: RunStore,
    clock: datetime,
    attachments: tuple[Path, ...] = (),
    observers: tuple[Observer, ...] = (),
    run_id: str = "",
) -> Iterator["Parts"]:
    """All that the run `run_id` needs, at the time `clock`. Raises UsageError before anything is started or written."""
    from kaiseki.lm.models import open_model
    from kaiseki.run import Parts

    knowledge = open_knowledge(settings)
    model = open_model(settings.model, region=settings.region, record=settings.record, strict=settings.strict)
    with (
        open_packages(settings) as packages,
        open_sandbox(settings, clock) as sandbox,
        open_warehouse(settings, clock, attachments, run_id) as warehouse,
    ):
        yield Parts(
            warehouse=warehouse,
            sandbox=sandbox,
            store=store,
            model=model,
            warehouse_name=settings.warehouse,
            card_characters=settings.card_characters,
            knowledge=knowledge,
            step_seconds=settings.sandbox.step_seconds,
            packages=packages,
            observers=observers,
        )


def open_store(settings: Settings, create: bool = True) -> RunStore:
    """`create`: a folder that is not there is made. Raises InputError or StoreError."""
    if not settings.store.startswith("s3:"):
        return FolderStore(_path(settings.store), create)
    from kaiseki.stores.aws import PATIENT, aws_session
    from kaiseki.stores.s3 import S3Store

    return S3Store(settings.store, settings.workspace, aws_session(settings.region).client("s3", config=PATIENT))


def open_knowledge(settings: Settings) -> Knowledge:
    """What the company says of its own data. Raises InputError naming file and line, or StoreError."""
    place = settings.knowledge
    if place is None:
        near = _path(settings.warehouse).parent if settings.warehouse.startswith("duckdb:") else Path()
        if not (near / "knowledge").is_dir():
            return NOTHING_KNOWN
        place = f"folder:{near / 'knowledge'}"
    from kaiseki.catalog.knowledge.files import parse_knowledge
    from kaiseki.stores.knowledge_folder import read_folder

    if not place.startswith("s3:"):
        return parse_knowledge(read_folder(_path(place)))
    from kaiseki.stores.aws import PATIENT, aws_session
    from kaiseki.stores.knowledge_bucket import read_bucket

    return parse_knowledge(read_bucket(place, aws_session(settings.region).client("s3", config=PATIENT)))


def open_record(settings: Settings, run_id: str, launch: int | None = None) -> RunRecord | None:
    """The record that the service keeps of the run; None where the run is the caller's own. Raises StoreError.

    `launch`: the number of the one that started this task; None: whichever the run is in.
    """
    if settings.records is None:
        return None
    from kaiseki.stores.aws import BRISK, PATIENT, aws_session
    from kaiseki.stores.event_bus import EventBus
    from kaiseki.stores.run_record import DynamoDBRecord

    session = aws_session(settings.region)
    table = settings.records.removeprefix("dynamodb:")
    return DynamoDBRecord(
        run_id,
        launch,
        table,
        client=session.client("dynamodb", config=PATIENT),
        brisk=session.client("dynamodb", config=BRISK),
        bus=EventBus(settings.event_bus, session.client("events", config=PATIENT)) if settings.event_bus else None,
    )


def open_service(settings: Settings) -> "Service":
    """The service that `settings.api` names. Raises UsageError."""
    from kaiseki.client import address

    if settings.api is None:
        raise SettingError("no service is named", hint="name it: --env NAME, or --api URL")
    return address.open_service(settings.api, settings.api_token, settings.region)


@contextmanager
def open_warehouse(
    settings: Settings, clock: datetime, attachments: tuple[Path, ...] = (), run_id: str = ""
) -> Iterator[Warehouse]:
    """Redshift has a clock of its own: there `clock` has no part in a query. Raises UsageError."""
    if settings.warehouse.startswith("redshift:"):
        warehouse: Warehouse = _redshift(settings, run_id)
        if attachments:
            warehouse = _beside(warehouse, attachments, clock, settings)
    else:
        from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

        warehouse = DuckDBWarehouse.open(
            _path(settings.warehouse),
            attachments,
            now=clock,
            schemas=settings.schemas,
            allowance=settings.show_personal,
        )
    try:
        if settings.schemas is not None:
            warehouse.introspect()  # a schema that is not there is told before anything is written
        yield warehouse
    finally:
        warehouse.close()


def open_schemas(settings: Settings) -> dict[str, str]:
    """The schemas of the warehouse, and the kind of each: `local`, `external` or `shared`. Raises UsageError.

    Tables that are not in Redshift yet count as those of local schemas of the names that the settings list.
    """
    if settings.warehouse.startswith("redshift:"):
        with closing(_redshift(settings)) as redshift:
            return redshift.schemas()
    if settings.schemas is not None:
        return dict.fromkeys(settings.schemas, "local")
    with open_warehouse(settings, settings.now) as warehouse:
        return {table.schema_name or "public": "local" for table in warehouse.introspect().tables}


def _beside(warehouse: Warehouse, attachments: tuple[Path, ...], clock: datetime, settings: Settings) -> Warehouse:
    from kaiseki.warehouses.attached_files import WithAttachedFiles
    from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

    files = DuckDBWarehouse.open(None, attachments, now=clock, allowance=settings.show_personal)
    return WithAttachedFiles(warehouse, files)


def _redshift(settings: Settings, run_id: str = "") -> "RedshiftWarehouse":
    """What is unloaded lies below the run's own prefix as long as it is there."""
    from kaiseki.redshift_location import parse_location
    from kaiseki.stores.aws import PATIENT, aws_session
    from kaiseki.stores.caches import FolderCache, S3Cache
    from kaiseki.warehouses.redshift.login import Login, sign_in
    from kaiseki.warehouses.redshift.unload import UnloadSettings
    from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse

    location = parse_location(settings.warehouse)

    def client(service: str) -> Any:
        session: Any = aws_session(settings.region)
        return session.client(service, config=PATIENT)

    def login() -> Login:
        return sign_in(location, client, settings.redshift_password, settings.redshift_secret)

    unload = None
    if settings.unload_role is not None and settings.unload_to is not None:
        to = "/".join(part for part in (settings.unload_to.rstrip("/"), run_id) if part)
        unload = UnloadSettings(settings.unload_role, to, settings.unload_above, lambda: client("s3"))
    cache: Cache | None = None
    if settings.store.startswith("s3:"):
        cache = S3Cache(settings.store, lambda: client("s3"))
    elif settings.cache is not None:
        cache = FolderCache(settings.cache.expanduser())
    return RedshiftWarehouse(
        login,
        schemas=settings.schemas,
        unload=unload,
        allowance=settings.show_personal,
        cache=cache,
        cursor_rows=settings.cursor_rows,
    )


@contextmanager
def open_sandbox(settings: Settings, clock: datetime) -> Iterator[LocalSandbox | BrokeredSandbox]:
    """Starts to warm up at once: the schema can be read meanwhile."""
    with new_sandbox(settings, clock) as sandbox:
        sandbox.warm()
        yield sandbox


@contextmanager
def open_packages(settings: Settings) -> Iterator[WheelPackages | None]:
    """What steps may require beside the installed packages; None without such a setting. Raises SettingError."""
    if settings.wheels is None:
        yield None
        return
    with WheelPackages(settings.wheels.expanduser()) as packages:
        yield packages


def new_sandbox(settings: Settings, clock: datetime) -> LocalSandbox | BrokeredSandbox:
    limits = Limits(memory=settings.sandbox.memory_mb * MIB)
    if settings.broker is None:
        return LocalSandbox(clock, limits)
    return BrokeredSandbox(settings.broker, clock, limits)


def _path(location: str) -> Path:
    return Path(location.split(":", 1)[1]).expanduser()
