"""The environments of the service, and the only file to edit for a deployment of your own.

`cdk deploy 'dev/*'` deploys one. Account and region are those of the CLI's credentials unless they are written here.
What a setting costs stands where it is described: settings.py, settings_task.py, settings_warehouse.py,
settings_toolchain.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from infra.bedrock import PREFIX, bedrock_model, require_geography
from infra.settings import (
    Api,
    ExistingNetwork,
    Functions,
    Iam,
    Jwt,
    Limits,
    Monitoring,
    NewNetwork,
    PerRun,
    Storage,
    require,
)
from infra.settings_task import ImageUri, Runner, ToolchainImage
from infra.settings_toolchain import Toolchain
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, NewWorkgroup, Sample, Warehouse
from kaiseki.personal.allowance import parse_allowance
from kaiseki.schema_names import schema_names

MODEL = "bedrock/us.anthropic.claude-sonnet-5"


@dataclass(frozen=True)
class Environment:
    """One deployment of the service.

    model            `bedrock/<geography>.<id>`: prompts and rows shown to the model stay within the geography.
                     `offline` asks no model and costs nothing
    global_inference lets a `global.` model compute anywhere in the world, which it never does unasked
    schemas          of the warehouse that may be read, as ("public", "sales"); None: all that its user may read, in a
                     new Redshift public. A caller's token may narrow it (`Jwt`), and so may each question
    show_personal    columns of people's data that the model is shown by value, as ("customers.city_name",) or ("all",);
                     of the others it sees counts and forms
    protected        nothing with data in it goes away with the stack, and the stack not without being unprotected first
    """

    name: str
    account: str | None = None
    region: str | None = None
    model: str = MODEL
    global_inference: bool = False
    schemas: tuple[str, ...] | None = None
    show_personal: tuple[str, ...] = ()
    protected: bool = False
    network: NewNetwork | ExistingNetwork = NewNetwork()
    storage: Storage = Storage()
    api: Api = Api()
    functions: Functions = Functions()
    limits: Limits = Limits()
    per_run: PerRun = PerRun()
    runner: Runner = Runner()
    image: ToolchainImage | ImageUri = ToolchainImage()
    warehouse: Warehouse = Sample()
    monitoring: Monitoring = Monitoring()

    def __post_init__(self) -> None:
        fits = re.fullmatch(r"[a-z][a-z0-9]{1,15}", self.name)
        require(
            fits is not None, f"'{self.name}' is no name of an environment", "2 to 16 lower case letters and digits"
        )
        if self.account is not None:
            require(re.fullmatch(r"\d{12}", self.account) is not None, f"'{self.account}' is no account", "12 digits")
        if self.region is not None:
            fits = re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", self.region)
            require(fits is not None, f"'{self.region}' is no region", "write it as us-east-1")
        known = self.model == "offline" or self.model.startswith((PREFIX, "recorded:"))
        require(known, f"the service cannot ask '{self.model}'", f"write offline or {MODEL}")
        elsewhere = isinstance(self.warehouse, ExistingWorkgroup | ExistingCluster)
        require(
            not elsewhere or isinstance(self.network, ExistingNetwork),
            "an existing warehouse cannot be reached from a new network",
            "name the warehouse's own: network=ExistingNetwork(...)",
        )
        most, asked = self.limits.principal_usd_per_day, self.per_run.usd
        require(asked <= most, f"a run may cost ${asked:g}, a caller's day ${most:g}", "lower per_run.usd")
        self._require_schemas()
        if self.show_personal:
            self._require_columns()
        model = bedrock_model(self.model)
        if model is not None:
            require_geography(model, self.region, self.global_inference)

    def _require_schemas(self) -> None:
        if self.schemas is not None:
            fits = schema_names(self.schemas) == self.schemas
            require(fits, f"the schemas of {self.name} are not written as SQL folds them", "in lower case, each once")
            of_new = self.warehouse if isinstance(self.warehouse, NewWorkgroup) else None
            loaded = of_new is not None and of_new.load is not None
            require(
                not loaded or "public" in self.schemas,
                f"the files of {self.name} become tables of public, which its schemas leave out",
                "add public, or load=None",
            )
            elsewhere = [name for name in self.schemas if of_new is not None and "." in name]
            require(not elsewhere, f"a new Redshift has no schema {'.'.join(elsewhere[:1])}", "leave it out")
        claim = isinstance(self.api.callers, Jwt) and self.api.callers.schemas_claim
        require(not claim or self.schemas is not None, f"the claim {claim} narrows no list", "name schemas=(...)")

    def _require_columns(self) -> None:
        listed = ",".join(self.show_personal)
        try:
            parse_allowance(listed)
        except ValueError as error:
            require(False, f"'{listed}' names no columns to show", str(error))

    @property
    def family(self) -> str:
        """Of the task definition: RunTask names it without a revision, so it always starts the newest."""
        return f"kaiseki-{self.name}"

    @property
    def owner(self) -> str:
        return self.api.callers.owner if isinstance(self.api.callers, Iam) else "session"


ENVIRONMENTS = (
    # Without a run $41 a month, most of it for five endpoints in one zone; NewNetwork(way_out="nat") costs the same.
    Environment("dev", network=NewNetwork(endpoint_zones=1)),
    # A Redshift made for trials, idle when nobody asks. To use your own: warehouse=ExistingWorkgroup(...).
    Environment("staging", network=NewNetwork(endpoint_zones=1), warehouse=NewWorkgroup()),
    Environment(
        "prod",
        protected=True,
        storage=Storage(own_key=True),
        warehouse=NewWorkgroup(load=None),  # empty until you load it
        monitoring=Monitoring(log_days=180),
    ),
)


# With a connection to GitHub: source=GitHub("arn:aws:codeconnections:...", "owner/name").
TOOLCHAIN = Toolchain()

Placed = TypeVar("Placed", Environment, Toolchain)


def of_caller(placed: Placed, variables: Mapping[str, str]) -> Placed:
    """The same with the account and region of the CLI where it names none. Raises SettingError."""
    return replace(
        placed,
        account=placed.account or variables.get("CDK_DEFAULT_ACCOUNT"),
        region=placed.region or variables.get("CDK_DEFAULT_REGION"),
    )
