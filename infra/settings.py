"""The parts of an environment's settings: frozen, and checked where they are written.

Prices are those of us-east-1, on demand, as of November 2026; docs/deploy.md adds them up.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from kaiseki.errors import SettingError

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)


def require(true: bool, message: str, hint: str) -> None:
    """Raises SettingError: synthesis stops before anything is deployed."""
    if not true:
        raise SettingError(message, hint=hint)


@dataclass(frozen=True)
class NewNetwork:
    """A VPC with private subnets in three availability zones (Redshift wants three; us-west-1 gives new accounts two).

    way_out         how tasks reach AWS: `endpoints` (five or six, each $7.30 per zone and month; no way to the
                    internet) or `nat` ($36.50 per gateway with its address and month, and $0.045 per GB; the
                    internet over HTTPS)
    nat_gateways    one is enough until a zone fails; three keep each zone on its own
    endpoint_zones  in how many of the three zones the interface endpoints stand: one costs a third of three
    flow_logs       who talked to whom, kept in CloudWatch Logs ($0.50 per GB)
    """

    cidr: str = "10.71.0.0/16"
    way_out: Literal["endpoints", "nat"] = "endpoints"
    nat_gateways: int = 1
    endpoint_zones: int = 3
    flow_logs: bool = True

    def __post_init__(self) -> None:
        try:
            network = IPv4Network(self.cidr)
        except ValueError:
            raise SettingError(f"the network '{self.cidr}' is no IPv4 range", hint="write it as 10.71.0.0/16") from None
        require(16 <= network.prefixlen <= 24, f"the network {self.cidr} has no fitting size", "take a /16 to a /24")
        require(self.way_out in ("endpoints", "nat"), f"way_out is '{self.way_out}'", "choose endpoints or nat")
        require(1 <= self.nat_gateways <= 3, f"{self.nat_gateways} NAT gateways for three zones", "choose 1 to 3")
        require(1 <= self.endpoint_zones <= 3, f"endpoints in {self.endpoint_zones} of three zones", "choose 1 to 3")


@dataclass(frozen=True)
class ExistingNetwork:
    """A VPC that is there already. Its private subnets reach AWS by themselves, through NAT or endpoints of theirs."""

    vpc_id: str
    private_subnet_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        require(
            bool(re.fullmatch(r"vpc-[0-9a-f]{8,17}", self.vpc_id)), f"'{self.vpc_id}' is no VPC", "write vpc-0ab..."
        )
        require(bool(self.private_subnet_ids), f"no subnet of {self.vpc_id} is named", "name its private subnets")
        for subnet in self.private_subnet_ids:
            require(
                bool(re.fullmatch(r"subnet-[0-9a-f]{8,17}", subnet)), f"'{subnet}' is no subnet", "write subnet-0ab..."
            )


@dataclass(frozen=True)
class Storage:
    """Where bundles and records lie.

    own_key     a key of your own in KMS for bucket and table ($1 a month, and who may decrypt is yours to say);
                otherwise S3's and DynamoDB's, which cost nothing
    runs_kept   days until a bundle is deleted; None: kept for good
    """

    own_key: bool = False
    runs_kept: int | None = None

    def __post_init__(self) -> None:
        require(
            self.runs_kept is None or self.runs_kept >= 1,
            f"bundles are kept {self.runs_kept} days",
            "1 or more, or None",
        )


@dataclass(frozen=True)
class Iam:
    """Callers sign with SigV4 and are told apart by role and session, or by role alone."""

    owner: Literal["session", "role"] = "session"

    def __post_init__(self) -> None:
        require(self.owner in ("session", "role"), f"callers cannot be told apart by '{self.owner}'", "session or role")


@dataclass(frozen=True)
class Jwt:
    """Callers bring a token of this issuer (its OpenID configuration must be reachable) for one of these audiences.

    schemas_claim  the claim of a token that lists which of the environment's schemas its bearer may read: a list, or a
                   text with blanks or commas; without it a token reads nothing. None: each reads all of them
    """

    issuer: str
    audience: tuple[str, ...]
    schemas_claim: str | None = None

    def __post_init__(self) -> None:
        require(
            self.issuer.startswith("https://"),
            f"the issuer '{self.issuer}' is no https address",
            "copy the token's iss",
        )
        require(
            bool(self.audience) and all(self.audience), f"no audience of {self.issuer} is named", "copy the token's aud"
        )
        require(self.schemas_claim != "", "the claim that lists schemas has no name", "name it, or leave it out")


@dataclass(frozen=True)
class Api:
    """Requests per second over all callers; the functions behind cost nothing while nobody calls."""

    callers: Iam | Jwt = Iam()
    requests_per_second: int = 20
    burst: int = 40
    link_seconds: int = 900  # how long a link to an artifact works; a new one comes with each GET

    def __post_init__(self) -> None:
        require(self.requests_per_second >= 1, "the API takes no requests", "let requests_per_second be 1 or more")
        require(self.burst >= self.requests_per_second, "burst is below requests_per_second", "raise burst")
        require(60 <= self.link_seconds <= 43_200, f"links work {self.link_seconds} s", "choose 60 to 43200")


@dataclass(frozen=True)
class Functions:
    """The Lambda functions: `reserved` is kept for the API's alone and taken from the account's 1,000; None: shared."""

    architecture: Literal["arm64", "x86_64"] = "arm64"
    memory_mb: int = 512
    reserved: int | None = None
    tracing: bool = False  # X-Ray, $5 per million traces

    def __post_init__(self) -> None:
        known = self.architecture in ("arm64", "x86_64")
        require(known, f"Lambda has no architecture {self.architecture}", "choose arm64 or x86_64")
        require(128 <= self.memory_mb <= 10_240, f"functions have {self.memory_mb} MB", "choose 128 to 10240")
        require(
            self.reserved is None or self.reserved >= 1, f"{self.reserved} calls are reserved", "1 or more, or None"
        )


@dataclass(frozen=True)
class Limits:
    """What may run at once and cost in a day (UTC). Beyond their own limits callers get 429, beyond all: runs queue."""

    principal_active: int = 5
    environment_active: int = 20
    principal_usd_per_day: float = 20.0
    environment_usd_per_day: float = 100.0
    start_seconds: int = 600  # a task that has not begun by then is given up
    stale_seconds: int = 180  # without a sign of life a run is closed
    queue_seconds: int = 21_600  # a run that found no capacity for so long is given up

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            require(value > 0, f"the limit {name} is {value}", "let it be above 0")
        require(
            self.principal_active <= self.environment_active,
            "principal_active is above environment_active",
            "swap them",
        )
        require(
            self.principal_usd_per_day <= self.environment_usd_per_day, "a caller may spend more than all", "swap them"
        )
        require(
            self.stale_seconds >= 60,
            f"runs are stale after {self.stale_seconds} s",
            "a run gives a sign every 15 s: 60",
        )
        require(self.queue_seconds <= 86_400, f"runs wait {self.queue_seconds} s for capacity", "at most 86400, a day")


@dataclass(frozen=True)
class PerRun:
    """The most that a caller may ask for in `options.budget`; a run that asks for nothing takes less (README)."""

    steps: int = 40
    tokens: int = 2_000_000
    usd: float = 10.0
    seconds: float = 3_600.0
    rows: int = 50_000_000
    rows_per_query: int = 2_000_000

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            require(value > 0, f"a run may use {value} {name}", "let it be above 0")


@dataclass(frozen=True)
class Monitoring:
    """Alarms go to an SNS topic (the first 1,000 mails are free), one alarm costs $0.10 a month, a dashboard $3.

    emails      who is told of alarms; each must confirm the subscription
    usd_per_day an alarm, where the limit of the environment is the stop
    """

    emails: tuple[str, ...] = ()
    usd_per_day: float = 50.0
    failed_runs: int = 3  # within an hour
    log_days: int = 30
    dashboard: bool = True

    def __post_init__(self) -> None:
        for email in self.emails:
            require(
                bool(re.fullmatch(r"[^@\s]+@[^@\s]+", email)), f"'{email}' is no mail address", "write name@example.com"
            )
        require(self.log_days in LOG_DAYS, f"CloudWatch cannot keep logs {self.log_days} days", f"choose of {LOG_DAYS}")
        require(self.usd_per_day > 0 and self.failed_runs >= 1, "an alarm has no threshold", "let it be above 0")
