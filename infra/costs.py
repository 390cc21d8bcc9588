"""What an environment costs, from its settings: each part a month without a run, and a run. `make costs` prints it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from infra import prices
from infra.bedrock import PREFIX
from infra.environments import ENVIRONMENTS, Environment
from infra.prices import HOURS_OF_MONTH
from infra.settings import ExistingNetwork, NewNetwork
from infra.settings_warehouse import NewWorkgroup
from infra.warehouse import interface_endpoints
from kaiseki.lm.pricing import dollars as dollars_of_model
from kaiseki.models import Usage

Dollars = Mapping[str, float]  # by part; nan where a price is not known

ENDPOINTS_OF_ALL = 4  # registry (two), logs, events
ALARM_METRICS = 12
RUN_METRICS = 9  # of kaiseki.metrics
CALL_METRICS = 12  # six of API Gateway for each of two routes
LOOKS = 60 * HOURS_OF_MONTH  # of the reconciler, one a minute
LOOK_SECONDS = 0.25
LOOK_KB_OF_LOGS = 1.5
POLLS = 5 * 180 * HOURS_OF_MONTH  # of the launch queue: Lambda keeps five long polls of 20 s going
GIGABYTE = 1_000_000  # KB


@dataclass(frozen=True)
class TypicalRun:
    """What a run takes that answers a question in a few steps: assumed, not measured on AWS."""

    minutes: float = 5.0
    input_tokens: int = 60_000
    output_tokens: int = 6_000
    warehouse_seconds: int = 180  # in which Redshift Serverless is awake for it
    looks: int = 150  # of a client that follows
    writes_of_records: int = 90
    files: int = 150  # written, each version of them
    megabytes: float = 5.0
    megabytes_of_logs: float = 1.0


def per_month(environment: Environment) -> Dollars:
    """Dollars a month of each part while nobody asks anything."""
    functions = environment.functions
    look = prices.LAMBDA_REQUEST + prices.RECORD_READ
    look += LOOK_SECONDS * functions.memory_mb / 1024 * prices.LAMBDA_GB_SECOND[functions.architecture]
    look += LOOK_KB_OF_LOGS / GIGABYTE * prices.LOGS
    parts = {
        **_network(environment),
        "key of its own": prices.KEY if environment.storage.own_key else 0.0,
        "alarms": ALARM_METRICS * prices.ALARM_METRIC,
        "dashboard": prices.DASHBOARD if environment.monitoring.dashboard else 0.0,
        "metric of refused launches": prices.METRIC,
        "the reconciler's look every minute": LOOKS * look,
        "tracing of it": LOOKS * prices.TRACE if functions.tracing else 0.0,
        "polls of the launch queue": POLLS * prices.QUEUE_REQUEST,
        "Redshift, idle, with 1 GB": 0.0,
    }
    if isinstance(environment.warehouse, NewWorkgroup):
        parts["Redshift, idle, with 1 GB"] = prices.WAREHOUSE_KEPT + prices.SECRET
    return parts


def per_run(environment: Environment, run: TypicalRun) -> Dollars:
    """Dollars of each part of one run."""
    used = Usage(input_tokens=run.input_tokens, output_tokens=run.output_tokens)
    model = dollars_of_model(environment.model, used)
    warehouse = environment.warehouse
    awake = warehouse.base_rpu * run.warehouse_seconds / 3600 if isinstance(warehouse, NewWorkgroup) else 0.0
    return {
        "model": float("nan") if model is None else model,
        "Redshift Serverless": awake * prices.RPU_HOUR,
        "Fargate": _task(environment, run.minutes / 60),
        "metrics, if no other run shares its hour": (RUN_METRICS + CALL_METRICS) * prices.METRIC / HOURS_OF_MONTH,
        "calls, records, objects, logs": _small_things(environment, run),
    }


def markdown(environments: Sequence[Environment] = ENVIRONMENTS) -> str:
    """The tables of docs/deploy.md."""
    run = TypicalRun()
    names = [environment.name for environment in environments]
    monthly = _table("a month, without a run", names, [per_month(each) for each in environments], 2)
    caps = {
        "model, at most, by `per_run.usd`": [each.per_run.usd for each in environments],
        "models a day, at most": [each.limits.environment_usd_per_day for each in environments],
    }
    single = _table("a run", names, [per_run(each, run) for each in environments], 4)
    single += [_row(name, values, 2) for name, values in caps.items()]
    assumed = (
        f"A run is taken to last {run.minutes:g} minutes with the start of its task, to read {run.input_tokens:,} and "
        f"write {run.output_tokens:,} tokens, to keep Redshift Serverless awake for {run.warehouse_seconds} seconds,\n"
        f"and to leave {run.megabytes:g} MB; a client looks {run.looks} times."
    )
    return "\n".join([*monthly, "", *single, "", assumed, "", *_other_settings(environments[0])]) + "\n"


def _network(environment: Environment) -> Dollars:
    network, endpoints, gateways = environment.network, 0, 0
    if isinstance(network, NewNetwork) and network.way_out == "nat":
        gateways = network.nat_gateways
    elif isinstance(network, NewNetwork):
        of_model = 1 if environment.model.startswith(PREFIX) else 0
        endpoints = ENDPOINTS_OF_ALL + of_model + len(interface_endpoints(environment.warehouse))
        endpoints *= network.endpoint_zones
    return {
        "interface endpoints": endpoints * prices.ENDPOINT * HOURS_OF_MONTH,
        "NAT gateways with their addresses": gateways * (prices.NAT_GATEWAY + prices.PUBLIC_ADDRESS) * HOURS_OF_MONTH,
    }


def _task(environment: Environment, hours: float) -> float:
    """On demand also for `spot-first`, which may come to that."""
    runner = environment.runner
    hourly = runner.cpu / 1024 * prices.FARGATE_VCPU[runner.architecture]
    hourly += runner.memory_mb / 1024 * prices.FARGATE_MEMORY[runner.architecture]
    hourly += (runner.disk_gib - prices.FARGATE_DISK_INCLUDED) * prices.FARGATE_DISK
    return hours * hourly * (prices.FARGATE_SPOT if runner.capacity == "spot" else 1.0)


def _small_things(environment: Environment, run: TypicalRun) -> float:
    functions = environment.functions
    answer = 0.1 * functions.memory_mb / 1024 * prices.LAMBDA_GB_SECOND[functions.architecture]
    call = prices.HTTP_API_CALL + prices.LAMBDA_REQUEST + answer + prices.RECORD_READ + prices.OBJECT_READ
    kept = run.megabytes / 1000 * prices.OBJECTS_KEPT + run.megabytes_of_logs / 1000 * (prices.LOGS + prices.LOGS_KEPT)
    return run.looks * call + run.writes_of_records * prices.RECORD_WRITE + run.files * prices.OBJECT_WRITE + kept


def _other_settings(environment: Environment) -> list[str]:
    """What other networks would make of the first environment's month."""
    own = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
    others: dict[str, NewNetwork | ExistingNetwork] = {
        "NewNetwork(endpoint_zones=1)": NewNetwork(endpoint_zones=1),
        "NewNetwork()": NewNetwork(),
        'NewNetwork(way_out="nat")': NewNetwork(way_out="nat"),
        'NewNetwork(way_out="nat", nat_gateways=3)': NewNetwork(way_out="nat", nat_gateways=3),
        "ExistingNetwork(...)": own,
    }
    lines = [f"| `network` of {environment.name} | $ a month, without a run |", "|---|---:|"]
    totals = {name: sum(per_month(replace(environment, network=network)).values()) for name, network in others.items()}
    return [*lines, *(_row(f"`{name}`", [total], 2) for name, total in totals.items())]


def _table(title: str, names: Sequence[str], columns: Sequence[Dollars], digits: int) -> list[str]:
    """Rows without a price in any environment are left out."""
    lines = [f"| $ {title} | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    rows = {part: [column[part] for column in columns] for part in columns[0]}
    lines += [_row(part, values, digits) for part, values in rows.items() if any(values)]
    return [*lines, _row("**together**", [sum(column.values()) for column in columns], digits)]


def _row(name: str, values: Sequence[float], digits: int) -> str:
    cells = ("unknown" if value != value else f"{value:,.{digits}f}" if value else "" for value in values)
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print(markdown(), end="")
