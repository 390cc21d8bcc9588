"""Each role may do what its code calls, on what is its own, and nothing else: computed from policies and source."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from infra.bedrock import PREFIX
from infra.checks.calls import calls_of, calls_of_script
from infra.checks.names import ACCOUNT, REGION, Names
from infra.checks.policies import Request, allows, role_named, statements_of
from infra.checks.programs import LOADING, Program, programs, refused, unused
from infra.checks.requests import Place, place_of
from infra.environments import Environment
from infra.sample_files import FETCH
from infra.settings import ExistingNetwork, Storage
from infra.settings_warehouse import ExistingCluster, NewWorkgroup

Synthesized = Callable[[Environment], Template]
TRIAL = Environment("dev")
OWN = Environment("prod", storage=Storage(own_key=True), warehouse=NewWorkgroup(), protected=True)
CLUSTER = Environment(
    "dev",
    network=ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",)),
    warehouse=ExistingCluster("sales", "prod", "sg-0123456789abcdef0"),
)
GLOBAL = Environment("dev", model=f"{PREFIX}global.anthropic.claude-sonnet-5", global_inference=True)
ENVIRONMENTS = pytest.mark.parametrize(
    "environment", [TRIAL, OWN, GLOBAL, CLUSTER], ids=["trial", "own", "global model", "cluster"]
)
PROGRAMS = pytest.mark.parametrize("program", programs(), ids=lambda program: program.role)
STARTING = [program for program in programs() if "run_task" in program.calls()]
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
# What is done in the program's name and not by its code: Lambda's logs, its poller of the queue.
BY_AWS = {
    "ApiFunctionRole": LOGS,
    "LauncherFunctionRole": LOGS | POLLING | {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    "TaskEventsFunctionRole": LOGS,
    "ReconcilerFunctionRole": LOGS,
    "RunnerTask": set(),
}
# What AWS cannot narrow to a resource.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
}
OTHER = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
OTHER_RUN = "20260101T000000-other-run-fedcba9876543210"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def written(template: Template) -> Iterator[dict[str, Any]]:
    for policy in template.find_resources("AWS::IAM::Policy").values():
        yield from policy["Properties"]["PolicyDocument"]["Statement"]


def allowed(template: dict[str, Any], role: str, requests: list[Request]) -> list[str]:
    statements = statements_of(template, role_named(template, role))
    return [str(request) for request in requests if allows(statements, request)]


@ENVIRONMENTS
@PROGRAMS
def test_a_program_may_do_what_its_code_calls(
    synthesized: Synthesized, environment: Environment, program: Program
) -> None:
    assert program.calls()
    assert not [str(request) for request in refused(program, environment, synthesized(environment).to_json())]


@ENVIRONMENTS
@PROGRAMS
def test_a_program_may_do_nothing_that_its_code_does_not_call(
    synthesized: Synthesized, environment: Environment, program: Program
) -> None:
    assert unused(program, environment, synthesized(environment).to_json()) <= BY_AWS[program.role]


def test_the_first_tables_are_written_by_a_function_that_may_do_just_that(synthesized: Synthesized) -> None:
    template = synthesized(OWN).to_json()
    assert not [str(request) for request in refused(LOADING, OWN, template)]
    assert unused(LOADING, OWN, template) == LOGS
    place = place_of(OWN, template)
    others = {"redshift-data:statement-owner-iam-userid": "AROAEXAMPLE:somebody"}
    assert not allowed(
        template,
        LOADING.role,
        [
            Request("redshift-data:GetStatementResult", "*", others),
            Request("redshift-data:ExecuteStatement", OTHER.format("redshift-serverless", "workgroup/other")),
            Request("secretsmanager:GetSecretValue", OTHER.format("secretsmanager", "secret:other")),
            Request("s3:GetObject", place.object(f"runs/{OTHER_RUN}/run.json")),
            Request("dynamodb:GetItem", place.table, {"dynamodb:LeadingKeys": ["RUN#x"]}),
        ],
    )


def test_the_sample_is_fetched_by_the_task_and_nothing_else_of_its_bucket(trial: Template) -> None:
    assert calls_of_script(FETCH) == {"get_object"}
    template = trial.to_json()
    (definition,) = trial.find_resources("AWS::ECS::TaskDefinition").values()
    (fetching,) = [one for one in definition["Properties"]["ContainerDefinitions"] if one["Name"] == "sample"]
    variables = {one["Name"]: Names(template).text(one["Value"]) for one in fetching["Environment"]}
    bucket, key = f"arn:aws:s3:::{variables['SAMPLE_BUCKET']}", variables["SAMPLE_KEY"]
    asked = [Request("s3:GetObject", f"{bucket}/{one}") for one in (key, f"another-{key}")]
    assert allowed(template, "RunnerTask", asked) == [str(asked[0])]


def test_the_calls_of_the_source_are_found_where_they_are_made() -> None:
    calls = {program.role: program.calls() for program in programs()}
    assert "transact:put" in calls["ApiFunctionRole"] - calls["LauncherFunctionRole"]
    assert "run_task" in calls["LauncherFunctionRole"] - calls["TaskEventsFunctionRole"]
    assert "describe_tasks" in calls["ReconcilerFunctionRole"]
    assert {"converse_stream", "delete_objects", "put_events", "abort_multipart_upload"} <= calls["RunnerTask"]
    assert {"get_credentials", "get_cluster_credentials_with_iam"} <= calls["RunnerTask"]


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("def f(client): client.delete_item(TableName='t', Key={})", "delete_item"),
        ("def f(self): self._s3.get_paginator('list_object_versions')", "list_object_versions"),
        ("import boto3\ndef f(): boto3.client('sns').publish(Message='m')", "publish"),
        ("def f(s3): return s3.generate_presigned_url('delete_object')", "delete_object"),
        ("from told import g\ndef f(ecs): g(ecs)", "list_tasks"),
    ],
)
def test_a_new_call_is_found_wherever_it_is(tmp_path: Path, code: str, call: str) -> None:
    (tmp_path / "told.py").write_text("def g(ecs): ecs.list_tasks()")
    (tmp_path / "new.py").write_text(code)
    assert calls_of([tmp_path / "new.py"], [tmp_path]) == {call}


def test_a_new_call_without_permission_fails(trial: Template) -> None:
    task_events = next(program for program in programs() if program.role == "TaskEventsFunctionRole")
    found = refused(task_events, TRIAL, trial.to_json(), ["run_task"])
    assert {request.action for request in found} == {"ecs:RunTask", "ecs:TagResource", "iam:PassRole"}
    with pytest.raises(KeyError, match="delete_item"):
        refused(task_events, TRIAL, trial.to_json(), ["delete_item"])


def forbidden(place: Place) -> list[Request]:
    """To every program of the service."""
    return [
        *(Request(action, place.bucket) for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketAcl")),
        *(Request(action, "arn:aws:s3:::another/runs/x") for action in ("s3:GetObject", "s3:PutObject")),
        Request("s3:GetObject", place.object("elsewhere/x")),
        Request("s3:DeleteObjectVersion", place.object(f"runs/{OTHER_RUN}/run.json")),
        Request("s3:ListBucket", place.bucket),
        *(
            Request(action, place.table, {"dynamodb:LeadingKeys": ["RUN#x"]})
            for action in ("dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable")
        ),
        Request("dynamodb:GetItem", f"{place.table}-2", {"dynamodb:LeadingKeys": ["RUN#x"]}),
        Request("dynamodb:GetItem", place.table, {"dynamodb:LeadingKeys": ["OTHER#x"]}),
        Request("events:PutEvents", place.bus, {"events:source": "aws.ecs"}),
        Request("events:PutEvents", OTHER.format("events", "event-bus/default"), {"events:source": "kaiseki"}),
        Request("sqs:PurgeQueue", place.queue),
        Request("secretsmanager:GetSecretValue", OTHER.format("secretsmanager", "secret:redshift!kaiseki-prod-admin")),
        Request("ssm:PutParameter", OTHER.format("ssm", f"parameter/kaiseki/{place.environment.name}/image-digest")),
        Request("iam:AttachRolePolicy", place.roles[0]),
        Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        Request("lambda:UpdateFunctionCode", OTHER.format("lambda", "function:api")),
        Request("ecs:RegisterTaskDefinition", place.definition),
        Request("ecs:UpdateCluster", place.cluster),
        Request("kms:Decrypt", place.key or OTHER.format("kms", "key/x")),
        Request("kms:ScheduleKeyDeletion", place.key or OTHER.format("kms", "key/x")),
        *(
            Request(f"redshift-serverless:{action}", OTHER.format("redshift-serverless", "workgroup/other"))
            for action in ("GetCredentials", "UpdateWorkgroup")
        ),
        Request("redshift:GetClusterCredentials", OTHER.format("redshift", "dbuser:sales/admin")),
        Request("redshift:GetClusterCredentialsWithIAM", OTHER.format("redshift", "dbname:other/prod")),
        *(
            Request(f"redshift-data:{action}", OTHER.format("redshift-serverless", "workgroup/x"))
            for action in ("ExecuteStatement", "BatchExecuteStatement")
        ),
        Request("bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.claude-opus-5"),
        Request("bedrock:InvokeModel", "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-5"),
    ]


@ENVIRONMENTS
@PROGRAMS
def test_no_program_may_do_what_none_should(
    synthesized: Synthesized, environment: Environment, program: Program
) -> None:
    template = synthesized(environment).to_json()
    assert not allowed(template, program.role, forbidden(place_of(environment, template)))


@ENVIRONMENTS
def test_the_task_reaches_bundles_and_the_records_of_runs_and_starts_and_tells_nothing_else(
    synthesized: Synthesized, environment: Environment
) -> None:
    template = synthesized(environment).to_json()
    place = place_of(environment, template)
    key = {"dynamodb:LeadingKeys": ["KEY#0123"]}
    assert not allowed(
        template,
        "RunnerTask",
        [
            *(Request(action, place.object("uploads/0123/x.csv")) for action in ("s3:GetObject", "s3:PutObject")),
            Request("s3:ListBucket", place.bucket, {"s3:prefix": "uploads/"}),
            Request("s3:DeleteObject", place.object("catalogs/x.jsonl.gz")),
            *(Request(action, place.object("knowledge/x.yaml")) for action in ("s3:PutObject", "s3:DeleteObject")),
            *(Request(action, place.table, key) for action in ("dynamodb:GetItem", "dynamodb:UpdateItem")),
            Request("dynamodb:PutItem", place.table, {"dynamodb:LeadingKeys": ["RUN#x"]}),
            Request("dynamodb:Query", f"{place.table}/index/by_owner"),
            Request("ecs:RunTask", place.definition, {"ecs:cluster": place.cluster}),
            Request("ecs:StopTask", place.task, {"ecs:cluster": place.cluster}),
            Request("iam:PassRole", place.roles[0], {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
            Request("sqs:SendMessage", place.queue),
            Request("ecr:BatchGetImage", OTHER.format("ecr", "repository/kaiseki")),
        ],
    )


def test_the_task_asks_the_model_of_its_environment_in_its_geography_and_no_other(trial: Template) -> None:
    asked = "arn:aws:bedrock:{}::foundation-model/anthropic.claude-{}"
    statements = statements_of(trial.to_json(), role_named(trial.to_json(), "RunnerTask"))
    may = {
        (region, model)
        for region in ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1")
        for model in ("sonnet-5", "sonnet-5-5", "opus-5")
        if allows(statements, Request("bedrock:InvokeModel", asked.format(region, model)))
    }
    assert may == {("us-east-1", "sonnet-5"), ("us-west-2", "sonnet-5")}


def test_only_the_api_reads_and_writes_the_keys_of_requests(trial: Template) -> None:
    template = trial.to_json()
    table = place_of(TRIAL, template).table
    request = Request("dynamodb:GetItem", table, {"dynamodb:LeadingKeys": ["KEY#0123"]})
    assert [one.role for one in programs() if allowed(template, one.role, [request])] == ["ApiFunctionRole"]


@pytest.mark.parametrize("program", STARTING, ids=lambda program: program.role)
def test_only_this_environments_family_is_started_only_in_its_cluster_and_only_with_its_tasks_roles(
    trial: Template, program: Program
) -> None:
    template = trial.to_json()
    place = place_of(TRIAL, template)
    other_family = OTHER.format("ecs", "task-definition/kaiseki-prod:3")
    other_cluster = {"ecs:cluster": OTHER.format("ecs", "cluster/other")}
    to_tasks = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    roles = Names(template).arns("AWS::IAM::Role")
    assert set(place.roles) < set(roles)
    assert not allowed(
        template,
        program.role,
        [
            Request("ecs:RunTask", other_family, {"ecs:cluster": place.cluster}),
            Request("ecs:RunTask", place.definition, other_cluster),
            Request("ecs:StopTask", place.task, other_cluster),
            Request("ecs:TagResource", place.task, {"ecs:CreateAction": "CreateCluster"}),
            *(Request("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"}) for role in place.roles),
            *(Request("iam:PassRole", role, to_tasks) for role in set(roles) - set(place.roles)),
        ],
    )


def test_there_are_three_programs_that_start_tasks() -> None:
    assert [program.role for program in STARTING] == [
        "ApiFunctionRole",
        "LauncherFunctionRole",
        "ReconcilerFunctionRole",
    ]


def test_ecs_may_pull_this_repository_and_write_this_log(trial: Template) -> None:
    template = trial.to_json()
    statements = statements_of(template, role_named(template, "RunnerExecution"))
    pulling = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    assert {action for one in statements for action in one.actions} == pulling | LOGS | {"ecr:GetAuthorizationToken"}
    repositories = {resource for one in statements if pulling & {*one.actions} for resource in one.resources}
    assert repositories == {OTHER.format("ecr", "repository/kaiseki")}


@ENVIRONMENTS
def test_no_action_bears_a_star_and_resources_only_where_aws_has_none(
    synthesized: Synthesized, environment: Environment
) -> None:
    for statement in written(synthesized(environment)):
        named = set(as_list(statement["Action"]))
        assert not [action for action in named if "*" in action]
        if "*" in as_list(statement["Resource"]):
            assert named <= WITHOUT_RESOURCE


def test_no_role_has_a_policy_that_aws_keeps(prod: Template) -> None:
    for role in prod.find_resources("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_an_own_key_is_used_through_the_services_that_hold_the_data_alone(synthesized: Synthesized) -> None:
    used = [one for one in written(synthesized(OWN)) if any(a.startswith("kms:") for a in as_list(one["Action"]))]
    assert used
    for statement in used:
        assert set(as_list(statement["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey"}
        through = statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0]
        assert through in ("s3.", "dynamodb.")


def test_nothing_may_change_the_warehouse_but_what_the_administrator_runs(synthesized: Synthesized) -> None:
    may = {
        policy["Properties"]["Roles"][0]["Ref"]
        for policy in synthesized(OWN).find_resources("AWS::IAM::Policy").values()
        if "redshift-data:" in json.dumps(policy) or "secretsmanager:" in json.dumps(policy)
    }
    assert {role.rstrip("0123456789ABCDEF") for role in may} == {"TablesFunctionRole"}
