"""Large results by UNLOAD: written by the cluster's nodes to S3 at the same time, read from there, and removed."""

import itertools
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.parquet_results import Written
from kaiseki.warehouses.query_run import Prepared
from kaiseki.warehouses.redshift import errors as redshift_errors
from kaiseki.warehouses.redshift.connection import Connection, ServerError
from kaiseki.warehouses.redshift.parts import TooLate, write_parts
from kaiseki.warehouses.redshift.results import DISK_HINT
from kaiseki.warehouses.redshift.server import Overdue, Server
from kaiseki.warehouses.redshift.staging import Staging, StagingFailed
from kaiseki.warehouses.redshift.unload_sql import unload_sql
from kaiseki.warehouses.redshift.values import ResultColumn

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class UnloadSettings:
    """`role`: what the cluster may write as, an ARN; `to`: where, `s3://bucket/staging`; each query has a prefix below.

    `above`: rows, up to which a cursor is quicker.
    """

    role: str
    to: str
    above: int
    client: Callable[[], "S3Client"]


class NotUnloaded(Exception):
    """Why, in a sentence. The rows can still be read by a cursor."""


class Unloader:
    def __init__(self, server: Server, settings: UnloadSettings) -> None:
        self._server = server
        self._settings = settings
        self._client: S3Client | None = None

    @property
    def above(self) -> int:
        return self._settings.above

    def read(
        self, prepared: Prepared, columns: Sequence[ResultColumn], folder: Path, row_cap: int
    ) -> tuple[Written, frozenset[int], str]:
        """Writes `part-*.parquet` into `folder`, which it makes.

        With what was written come the columns of whole NUMERICs that do not fit into 64 bits, and a warning or an
        empty text. Raises Refusal, WarehouseError, and NotUnloaded where it is the unloading that does not work.
        """
        ends = time.monotonic() + self._server.query_seconds
        staging = Staging(self._s3(), f"{self._settings.to.rstrip('/')}/{folder.name}-{uuid.uuid4().hex}/")
        try:
            below = self._unload(prepared, columns, row_cap + 1, staging.location)
            written, wide = write_parts(staging, staging.files(below), columns, folder, row_cap, ends)
        except StagingFailed as failed:
            raise NotUnloaded(str(failed)) from failed
        except TooLate as late:
            raise self._server.explained(Overdue(redshift_errors.CANCELLED, "too late", "")) from late
        except OSError as error:
            raise WarehouseError(f"{folder.name} cannot be written: {error.strerror or error}", DISK_HINT) from error
        finally:
            left = staging.remove()
        return written, wide, left

    def _unload(self, prepared: Prepared, columns: Sequence[ResultColumn], most: int, location: str) -> str:
        """Each try has a place of its own, which is returned: UNLOAD takes none that holds something."""
        tries = itertools.count(1)

        def unload(connection: Connection) -> str:
            below = f"{location}{next(tries)}/"
            connection.execute(unload_sql(prepared, columns, most, below, self._settings.role))
            return below

        try:
            return self._server.ask(unload)
        except ServerError as error:
            if error.sqlstate == redshift_errors.CANCELLED:
                raise self._server.explained(error) from error
            raise NotUnloaded(error.message) from error

    def _s3(self) -> "S3Client":
        if self._client is None:
            self._client = self._settings.client()
        return self._client
