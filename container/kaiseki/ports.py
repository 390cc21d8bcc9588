"""The doors of the program, on one page. Adapters implement these; nothing else is known of them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from kaiseki.models import Catalog, Event, Execution, Query, Request, Run, Table, Usage, Wheel


class Warehouse(Protocol):
    """Where the data are. Takes Redshift SQL, reads only, and never raises for a query that is wrong."""

    def introspect(self) -> Catalog:
        """All tables and columns that may be read, without statistics. Raises WarehouseError."""

    def profile(self, table: Table) -> Table:
        """The table with row count, nulls, distinct counts, ranges and frequent values; of personal columns no values.

        Large tables are sampled, and slow ones come without statistics: `profile_note` says so. Raises WarehouseError.
        """

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        """Runs one statement and writes at most `row_cap` rows to the Parquet file `into`.

        Where they are many, to several files in a folder of its name: see `data_files`.
        A refused or failing statement comes back as `Query.failure` and leaves no file. Raises WarehouseError only
        when the warehouse itself is gone.
        """

    def close(self) -> None: ...


class Cache(Protocol):
    """What was worked out before, and may be gone at any time. Neither call raises."""

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, if it is still there; None too where the cache cannot be read."""

    def put(self, key: str, content: bytes) -> None:
        """Keeps `content`, if that can be done."""


class Session(Protocol):
    """One interpreter apart from this process, which keeps its state between executions."""

    def execute(self, code: str, step: int, timeout: float) -> Execution:
        """Runs `code` as step `step`, for at most `timeout` seconds of wall time.

        Never raises for what the code does: its error is `Execution.failure`. After `killed` the session is gone.
        """

    def collect(self, into: Path, folders: Collection[str]) -> tuple[str, ...]:
        """Moves what the code left in `folders` of its outbox to `into`; regular files only. Returns their paths.

        Nothing else is taken: `into` has folders of the host, too.
        """

    def close(self) -> None:
        """Ends the session and everything it started. May be called twice."""


class Sandbox(Protocol):
    def open(self, data: Path, packages: Path | None = None) -> AbstractContextManager[Session]:
        """A fresh session that reads the Parquet files in `data` by name, and imports from `packages` too.

        Raises SandboxError.
        """


class Packages(Protocol):
    """Packages beside the installed ones, which steps may require."""

    @property
    def offered(self) -> tuple[str, ...]:
        """`name version` of each."""

    @property
    def path(self) -> Path:
        """The folder from which a session is to import what was provided."""

    @property
    def used(self) -> tuple[Wheel, ...]:
        """What lies there."""

    def provide(self, requirements: Sequence[str]) -> str:
        """Has `path` hold what these need, and nothing else. Returns why it cannot, or an empty string."""

    def restore(self, wheels: Sequence[Wheel]) -> None:
        """Has `path` hold just these. Raises InputError if one of them is not there as it was."""


class RunStore(Protocol):
    """Where requests and bundles lie."""

    def create(self, request: Request, attachments: tuple[Path, ...] = ()) -> None:
        """Stores a request and copies of its attachments. Raises InputError or StoreError if that is not possible."""

    def request(self, run_id: str) -> Request:
        """The request; its attachments then lie in the workspace. Raises UnknownRun and StoreError."""

    def workspace(self, run_id: str) -> Path:
        """The local folder in which the bundle is built, or has been brought to. Raises UnknownRun and StoreError."""

    def save(self, run: Run) -> None:
        """Makes the workspace and `run.json` durable; called after every step and at the end. Raises StoreError."""

    def run(self, run_id: str) -> Run | None:
        """The newest saved state, or None before the first. Raises UnknownRun."""

    def runs(self) -> Iterator[Run]:
        """Newest first."""


class RunRecord(Protocol):
    """What the service tells others of one run. Where the run is the caller's own there is none."""

    def begin(self) -> bool:
        """The run is RUNNING from now on; False: it has ended, or is for another task. Raises UnknownRun and
        StoreError."""

    def beat(self, phase: str, usage: Usage) -> bool:
        """Says that the run lives, what it does and has used up. True: it was cancelled. Raises StoreError."""

    def end(self, run: Run) -> bool:
        """Records and announces how the run ended; False: another end was recorded before. Raises StoreError."""


class Model(Protocol):
    """The language model behind DSPy, and what its calls cost."""

    @property
    def name(self) -> str: ...

    @property
    def lm(self) -> Any:
        """A `dspy.LM`."""

    def usage_of(self, prediction: Any) -> Usage:
        """What one `dspy.Prediction` cost."""

    def drift(self) -> Sequence[str]:
        """Where a recording no longer fits what was asked; empty for a model that is called."""


class Observer(Protocol):
    """Whoever follows a run while it works: a terminal, the trace of the bundle, a run record."""

    def __call__(self, event: Event) -> None: ...
