"""The warehouse that runs read: an Amazon Redshift that is there, one that is made, or files for a trial."""

import re
from dataclasses import dataclass
from pathlib import Path

from infra.settings import require

_SECURITY_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
RPU = range(4, 1_025)


@dataclass(frozen=True)
class Sample:
    """CSV files of this repository, brought to each task before it starts. For trials: no warehouse, no cost."""

    folder: Path = Path("input")

    def __post_init__(self) -> None:
        require(any(self.folder.glob("*.csv")), f"no .csv file lies in '{self.folder}'", "name a folder with CSV files")


@dataclass(frozen=True)
class ImageFolder:
    """CSV, Parquet or Excel files in a folder that the image itself holds: an image derived from Kaiseki's."""

    folder: str

    def __post_init__(self) -> None:
        require(
            self.folder.startswith("/"), f"the folder '{self.folder}' is not absolute", "write it as the image has it"
        )


@dataclass(frozen=True)
class ExistingWorkgroup:
    """A workgroup of Redshift Serverless in the network of the service, or peered with it.

    workgroup_id       the end of its ARN, a UUID: permissions name it
    security_group_id  its security group; a rule is added there that admits the tasks
    unload             makes a role by which large results are unloaded; add it to the namespace's roles
    """

    workgroup: str
    workgroup_id: str
    database: str
    security_group_id: str
    unload: bool = False

    def __post_init__(self) -> None:
        _require_names(workgroup=self.workgroup, database=self.database)
        fits = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", self.workgroup_id)
        require(fits is not None, f"'{self.workgroup_id}' is no workgroup's id", "copy the end of the workgroup's ARN")
        _require_security_group(self.security_group_id)


@dataclass(frozen=True)
class ExistingCluster:
    """A provisioned cluster in the network of the service, or peered with it. The task's role signs in as itself.

    security_group_id  its security group; a rule is added there that admits the tasks
    unload             makes a role by which large results are unloaded; add it to the cluster's roles
    """

    cluster: str
    database: str
    security_group_id: str
    unload: bool = False

    def __post_init__(self) -> None:
        _require_names(cluster=self.cluster, database=self.database)
        _require_security_group(self.security_group_id)


@dataclass(frozen=True)
class NewWorkgroup:
    """A workgroup of Redshift Serverless of its own.

    base_rpu  its size while it works: an RPU costs about $0.375 per hour of work, by the second, a minute at least, so
              8 are $3 an hour; idle it costs its storage, $0.024 per GB and month
    max_rpu   what it may grow to under load, which bounds the cost of an hour
    load      a folder whose *.csv files become tables of the schema public, written anew when a file changes; None: it
              stays empty
    """

    database: str = "kaiseki"
    base_rpu: int = 8
    max_rpu: int = 16
    load: Path | None = Path("input")

    def __post_init__(self) -> None:
        _require_names(database=self.database)
        fits = self.base_rpu in RPU and (self.base_rpu == 4 or self.base_rpu % 8 == 0)
        require(fits, f"Redshift Serverless has no {self.base_rpu} RPU", "choose 4, or 8 to 1024 in steps of 8")
        require(self.max_rpu >= self.base_rpu, "max_rpu is below base_rpu", "raise max_rpu")
        if self.load is not None:
            require(any(self.load.glob("*.csv")), f"no .csv file lies in '{self.load}'", "name a folder, or load=None")


Warehouse = Sample | ImageFolder | ExistingWorkgroup | ExistingCluster | NewWorkgroup


def _require_names(**names: str) -> None:
    for role, name in names.items():
        require(
            _NAME.fullmatch(name) is not None, f"'{name}' is no name of a {role}", "lower case letters, digits, - and _"
        )


def _require_security_group(group: str) -> None:
    require(_SECURITY_GROUP.fullmatch(group) is not None, f"'{group}' is no security group", "write sg-0ab...")
