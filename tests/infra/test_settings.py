"""Settings that make no sense are refused with one line, before anything is synthesized."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.environments import ENVIRONMENTS, Environment, of_caller
from infra.settings import Api, ExistingNetwork, Functions, Iam, Jwt, Limits, Monitoring, NewNetwork, PerRun, Storage
from infra.settings_task import ImageUri, Runner
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, ImageFolder, NewWorkgroup, Sample
from kaiseki.errors import SettingError

NETWORK = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
TOKENS = Jwt("https://issuer.example", ("kaiseki",), schemas_claim="warehouse")
CLUSTER = ExistingCluster("sales", "prod", "sg-0123456789abcdef0")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: Environment("Prod-1"), "'Prod-1' is no name of an environment"),
        (lambda: Environment("prod", account="1234"), "'1234' is no account"),
        (lambda: Environment("prod", region="tokyo"), "'tokyo' is no region"),
        (lambda: Environment("prod", model="openai/gpt"), "the service cannot ask 'openai/gpt'"),
        (lambda: Environment("prod", model="bedrock/claude"), "is no id of Amazon Bedrock"),
        (lambda: Environment("prod", warehouse=CLUSTER), "cannot be reached from a new network"),
        (lambda: Environment("prod", per_run=PerRun(usd=50)), "a run may cost $50, a caller's day $20"),
        (lambda: Environment("prod", schemas=()), "no schema is named"),
        (lambda: Environment("prod", show_personal=("email",)), "'email' names no columns to show"),
        (lambda: Environment("prod", schemas=("pg_catalog",)), "pg_catalog is a schema of the system"),
        (lambda: Environment("prod", schemas=("Sales",)), "not written as SQL folds them"),
        (lambda: Environment("prod", schemas=("sales",), warehouse=NewWorkgroup()), "which its schemas leave out"),
        (lambda: Environment("prod", schemas=("a.b",), warehouse=NewWorkgroup(load=None)), "has no schema a.b"),
        (lambda: Environment("prod", api=Api(callers=TOKENS)), "the claim warehouse narrows no list"),
        (
            lambda: Jwt("https://issuer.example", ("kaiseki",), schemas_claim=""),
            "that lists schemas has no name",
        ),
        (lambda: NewNetwork(cidr="10.0.0.0/33"), "is no IPv4 range"),
        (lambda: NewNetwork(cidr="10.0.0.0/27"), "has no fitting size"),
        (lambda: NewNetwork(way_out="none"), "way_out is 'none'"),  # type: ignore[arg-type]
        (lambda: NewNetwork(nat_gateways=4), "4 NAT gateways for three zones"),
        (lambda: ExistingNetwork("vpc-1", ("subnet-0123456789abcdef0",)), "'vpc-1' is no VPC"),
        (lambda: ExistingNetwork("vpc-0123456789abcdef0", ()), "no subnet of vpc-0123456789abcdef0 is named"),
        (lambda: Storage(runs_kept=0), "bundles are kept 0 days"),
        (lambda: Jwt("http://issuer.example", ("kaiseki",)), "is no https address"),
        (lambda: Jwt("https://issuer.example", ()), "no audience of https://issuer.example is named"),
        (lambda: Api(burst=1), "burst is below requests_per_second"),
        (lambda: Iam(owner="name"), "callers cannot be told apart by 'name'"),  # type: ignore[arg-type]
        (lambda: Functions(architecture="arm"), "Lambda has no architecture arm"),  # type: ignore[arg-type]
        (lambda: Runner(capacity="cheap"), "there is no capacity 'cheap'"),  # type: ignore[arg-type]
        (lambda: Functions(memory_mb=64), "functions have 64 MB"),
        (lambda: Limits(principal_active=30), "principal_active is above environment_active"),
        (lambda: Limits(stale_seconds=10), "runs are stale after 10 s"),
        (lambda: Runner(cpu=512), "Fargate has no size of 512 CPU units"),
        (lambda: Runner(memory_mb=9_000), "Fargate has no 9000 MB with 1024 CPU units"),
        (lambda: Runner(scratch_mb=7_000), "leave -856 MB for generated code"),
        (lambda: ImageUri("my image"), "'my image' is no image"),
        (lambda: Monitoring(emails=("nobody",)), "'nobody' is no mail address"),
        (lambda: Monitoring(log_days=42), "CloudWatch cannot keep logs 42 days"),
        (lambda: Sample(Path("nowhere")), "no .csv file lies in 'nowhere'"),
        (lambda: ImageFolder("input"), "the folder 'input' is not absolute"),
        (lambda: NewWorkgroup(base_rpu=12), "Redshift Serverless has no 12 RPU"),
        (lambda: NewWorkgroup(max_rpu=4), "max_rpu is below base_rpu"),
        (lambda: ExistingWorkgroup("sales", "1", "prod", "sg-0123456789abcdef0"), "'1' is no workgroup's id"),
        (lambda: ExistingCluster("sales", "prod", "default"), "'default' is no security group"),
    ],
)
def test_nonsense_is_refused_in_one_line_that_says_how_to_mend_it(made: Callable[[], object], says: str) -> None:
    with pytest.raises(SettingError) as refused:
        made()
    assert says in refused.value.message
    assert refused.value.hint
    assert "\n" not in refused.value.message + refused.value.hint


def test_settings_cannot_be_changed_once_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Environment("dev").name = "prod"  # type: ignore[misc]


def test_there_are_three_environments_and_only_prod_is_protected() -> None:
    assert [(environment.name, environment.protected) for environment in ENVIRONMENTS] == [
        ("dev", False),
        ("staging", False),
        ("prod", True),
    ]


def test_account_and_region_are_those_of_the_cli_unless_they_are_named() -> None:
    of_cli = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "us-west-2"}
    taken = of_caller(Environment("dev"), of_cli)
    assert (taken.account, taken.region) == ("111122223333", "us-west-2")
    named = of_caller(Environment("dev", account="444455556666", region="us-east-2"), of_cli)
    assert (named.account, named.region) == ("444455556666", "us-east-2")
    assert of_caller(Environment("dev"), {}).region is None


def test_a_region_of_the_cli_outside_the_models_geography_is_refused() -> None:
    with pytest.raises(SettingError) as refused:
        of_caller(Environment("dev"), {"CDK_DEFAULT_REGION": "ap-northeast-1"})
    assert "not offered in ap-northeast-1" in refused.value.message
    assert "bedrock/jp.anthropic.claude-sonnet-5" in refused.value.hint
