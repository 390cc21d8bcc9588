"""Large results leave Redshift by a role of their own: for one prefix, for one user."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk.assertions import Template

from infra.checks.policies import Request, allows, role_named, statements_of
from infra.checks.requests import place_of
from infra.environments import Environment
from infra.settings import ExistingNetwork
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, NewWorkgroup
from infra.unloading import SERVICES

Synthesized = Callable[[Environment], Template]
GROUP = "sg-0123456789abcdef0"
NETWORK = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
MADE = Environment("dev", warehouse=NewWorkgroup())
WORKGROUP = ExistingWorkgroup("sales", "01234567-89ab-cdef-0123-456789abcdef", "prod", GROUP)
CLUSTER = ExistingCluster("sales", "prod", GROUP)
ACCOUNT = "<AWS::AccountId>"
UNLOADING = (
    (MADE, {f"serverless-{ACCOUNT}-*", "kaiseki-dev"}),
    (
        Environment("dev", network=NETWORK, warehouse=replace(WORKGROUP, unload=True)),
        {f"serverless-{ACCOUNT}-01234567-89ab-cdef-0123-456789abcdef", "sales"},
    ),
    (Environment("dev", network=NETWORK, warehouse=replace(CLUSTER, unload=True)), {"sales"}),
)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def variables(template: Template) -> dict[str, Any]:
    (task,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    (kaiseki,) = [c for c in task["Properties"]["ContainerDefinitions"] if c["Name"] == "kaiseki"]
    return {v["Name"]: v["Value"] for v in kaiseki["Environment"]}


@pytest.mark.parametrize(("environment", "named"), UNLOADING, ids=["new", "workgroup", "cluster"])
def test_redshift_unloads_by_a_role_of_the_tasks_own_user_alone(
    environment: Environment, named: set[str], synthesized: Synthesized
) -> None:
    template = synthesized(environment)
    roles = template.find_resources("AWS::IAM::Role")
    (role,) = [name for name in roles if name.startswith("UnloadingRole")]
    for statement in roles[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
        assert set(as_list(statement["Principal"]["Service"])) <= set(SERVICES)
        users = [json_text(user).partition(":dbuser:")[2] for user in as_list(external_ids(statement))]
        assert {user.partition("/")[0] for user in users} == named
        assert all(user.partition("/")[2].startswith("IAMR:<RunnerTask") for user in users)
    found = variables(template)
    assert found["KAISEKI_UNLOAD_ROLE"] == {"Fn::GetAtt": [role, "Arn"]}
    assert json_text(found["KAISEKI_UNLOAD_TO"]).endswith(">/staging")


def external_ids(statement: Any) -> Any:
    """Redshift's: the users who may have it take the role."""
    return statement["Condition"]["StringLike"]["sts:ExternalId"]


def json_text(joined: Any) -> str:
    return "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in joined["Fn::Join"][1])


def test_that_role_writes_below_one_prefix_and_reads_nothing(synthesized: Synthesized) -> None:
    template = synthesized(MADE).to_json()
    statements = statements_of(template, role_named(template, "UnloadingRole"))
    bucket = place_of(MADE, template).bucket
    rows = f"{bucket}/staging/rows-0123/1/0000_part_00.parquet"
    assert allows(statements, Request("s3:PutObject", rows))
    refused = (
        ("s3:PutObject", f"{bucket}/runs/x/run.json"),
        ("s3:GetObject", f"{bucket}/runs/x/run.json"),
        ("s3:GetObject", rows),
        ("s3:DeleteObject", rows),
        ("s3:ListBucket", bucket),
    )
    assert not [one for one in refused if allows(statements, Request(*one))]


def test_a_new_workgroup_has_that_role_and_one_that_is_there_is_told_of_none(synthesized: Synthesized) -> None:
    (namespace,) = synthesized(MADE).find_resources("AWS::RedshiftServerless::Namespace").values()
    assert [role["Fn::GetAtt"][0][:9] for role in namespace["Properties"]["IamRoles"]] == ["Warehouse", "Unloading"]
    for warehouse in (WORKGROUP, CLUSTER):
        environment = Environment("dev", network=NETWORK, warehouse=warehouse)
        assert "KAISEKI_UNLOAD_ROLE" not in variables(synthesized(environment))


def test_the_api_knows_that_a_query_may_return_more_where_results_are_unloaded(synthesized: Synthesized) -> None:
    for environment, rows in ((MADE, "2000000"), (Environment("dev", network=NETWORK, warehouse=CLUSTER), None)):
        functions = synthesized(environment).find_resources("AWS::Lambda::Function").values()
        told = [f["Properties"].get("Environment", {}).get("Variables", {}) for f in functions]
        assert {v.get("KAISEKI_ROWS_PER_QUERY") for v in told if "KAISEKI_MAX_ROWS" in v} == {rows}
