"""What the guide says an environment costs is what its settings and its template say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from infra import prices
from infra.costs import RUN_METRICS, TypicalRun, markdown, per_month, per_run
from infra.environments import ENVIRONMENTS, Environment
from infra.settings import ExistingNetwork, Monitoring, NewNetwork, Storage
from infra.settings_task import Runner
from infra.settings_warehouse import NewWorkgroup
from kaiseki.lifecycle import Status
from kaiseki.metrics import metrics_line
from kaiseki.models import Run

OFFLINE = Environment("trial", model="offline")
OWN = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
MONTH = prices.HOURS_OF_MONTH


def test_the_guides_tables_are_those_of_make_costs(project: Path) -> None:
    guide = (project / "docs" / "deploy.md").read_text(encoding="utf-8")
    shown = guide.partition("<!-- make costs -->\n")[2].partition("<!-- end of make costs -->\n")[0]
    assert shown == markdown()


@pytest.mark.parametrize(
    "environment",
    [
        ENVIRONMENTS[0],
        ENVIRONMENTS[2],
        Environment("nat", model="offline", network=NewNetwork(way_out="nat", nat_gateways=2)),
        Environment("own", network=OWN, monitoring=Monitoring(dashboard=False), storage=Storage(own_key=True)),
    ],
    ids=lambda environment: environment.name,
)
def test_what_stands_idle_in_the_template_is_what_is_counted(
    environment: Environment, synthesized: Callable[[Environment], Template]
) -> None:
    template = synthesized(environment)
    month = per_month(environment)

    def resources(kind: str) -> list[dict]:
        return [resource["Properties"] for resource in template.find_resources(f"AWS::{kind}").values()]

    endpoints = [
        len(one["SubnetIds"]) for one in resources("EC2::VPCEndpoint") if one["VpcEndpointType"] == "Interface"
    ]
    watched = [
        sum("MetricStat" in metric for metric in one.get("Metrics", [])) or 1 for one in resources("CloudWatch::Alarm")
    ]
    gateways = resources("EC2::NatGateway")
    assert month["interface endpoints"] == pytest.approx(sum(endpoints) * prices.ENDPOINT * MONTH)
    assert month["NAT gateways with their addresses"] == pytest.approx(len(gateways) * 0.05 * MONTH)
    assert month["key of its own"] == len(resources("KMS::Key")) * prices.KEY
    assert month["alarms"] == pytest.approx(sum(watched) * prices.ALARM_METRIC)
    assert month["dashboard"] == len(resources("CloudWatch::Dashboard")) * prices.DASHBOARD
    assert (month["Redshift, idle, with 1 GB"] > 0) == bool(resources("RedshiftServerless::Namespace"))


def test_metrics_of_a_run_are_counted_as_the_program_tells_them() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    told = json.loads(
        metrics_line(Run(id="r", prompt="", status=Status.SUCCEEDED, created_at=now, ended_at=now), "dev")
    )
    (described,) = told["_aws"]["CloudWatchMetrics"]
    assert len(described["Metrics"]) == RUN_METRICS


def test_a_run_of_five_minutes_on_one_arm_cpu_with_8_gb_costs_half_a_cent() -> None:
    assert per_run(OFFLINE, TypicalRun())["Fargate"] == pytest.approx(0.0051, abs=0.0001)


def test_spot_is_cheaper_and_what_may_fall_back_on_demand_is_not_promised_to_be() -> None:
    def task(capacity: str) -> float:
        return per_run(Environment("trial", runner=Runner(capacity=capacity)), TypicalRun())["Fargate"]  # type: ignore[arg-type]

    assert task("spot") < task("spot-first") == task("on-demand")


def test_the_offline_model_costs_nothing_and_an_unknown_one_is_not_said_to() -> None:
    unknown = Environment("trial", model="bedrock/us.amazon.nova-pro-v1:0")
    assert per_run(OFFLINE, TypicalRun())["model"] == 0
    assert isnan(per_run(unknown, TypicalRun())["model"])
    assert "| model | unknown |" in markdown([unknown])
    assert "| **together** | unknown |" in markdown([unknown])


def test_a_warehouse_of_its_own_is_paid_by_the_time_it_is_awake() -> None:
    small, large = (
        per_run(Environment("trial", warehouse=NewWorkgroup(base_rpu=rpu)), TypicalRun()) for rpu in (4, 16)
    )
    assert large["Redshift Serverless"] == pytest.approx(4 * small["Redshift Serverless"])
    assert small["Redshift Serverless"] == pytest.approx(4 * 180 / 3600 * 0.375)
