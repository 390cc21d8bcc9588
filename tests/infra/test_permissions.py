"""Each role may do what its code calls, on what is its own, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk.assertions import Template
from infra.environments import Environment
from infra.settings_warehouse import NewWorkgroup

Synthesized = Callable[[Environment], Template]
LOADED = Environment("dev", warehouse=NewWorkgroup())

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
RECORDS = {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"}
TASKS = {"ecs:RunTask", "ecs:TagResource", "ecs:StopTask", "iam:PassRole"}
SENDING = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
TELLING = {"events:PutEvents"}
FUNCTIONS = {
    "ApiFunction": LOGS
    | RECORDS
    | TASKS
    | SENDING
    | TELLING
    | {"dynamodb:PutItem", "dynamodb:Query", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
    "LauncherFunction": LOGS
    | RECORDS
    | TASKS
    | SENDING
    | TELLING
    | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"},
    "TaskEventsFunction": LOGS | RECORDS | SENDING | TELLING,
    "ReconcilerFunction": LOGS | RECORDS | TASKS | SENDING | TELLING | {"dynamodb:Query", "ecs:DescribeTasks"},
}
TASK = {
    *("dynamodb:GetItem", "dynamodb:UpdateItem"),
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListBucket"),
    *("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "events:PutEvents"),
}
REDSHIFT = {"redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"}
PULLING = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
# What AWS cannot narrow to a resource.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(template: Template, role: str = "") -> list[dict[str, Any]]:
    """Of the policies of the roles whose logical id begins with `role`."""
    return [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if policy["Properties"]["Roles"][0]["Ref"].startswith(role)
    ]


def actions(template: Template, role: str) -> set[str]:
    return {action for statement in statements(template, role) for action in as_list(statement["Action"])}


def statement_with(template: Template, role: str, action: str) -> dict[str, Any]:
    (found,) = [s for s in statements(template, role) if action in as_list(s["Action"])]
    return found


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_function_may_do_what_it_calls_and_no_more(trial: Template, role: str) -> None:
    assert actions(trial, role) == FUNCTIONS[role]


def test_the_task_may_read_and_write_bundles_and_move_its_runs_record(trial: Template) -> None:
    assert actions(trial, "RunnerTask") == TASK


def test_the_task_signs_in_to_the_warehouse_as_itself_and_nothing_else(synthesized: Synthesized) -> None:
    assert actions(synthesized(LOADED), "RunnerTask") == TASK | REDSHIFT


def test_ecs_may_pull_this_repository_and_write_this_log(trial: Template) -> None:
    assert actions(trial, "RunnerExecution") == PULLING | LOGS | {"ecr:GetAuthorizationToken"}
    repository = statement_with(trial, "RunnerExecution", "ecr:BatchGetImage")["Resource"]
    assert repository["Fn::Join"][1][-1] == ":repository/kaiseki"


@pytest.mark.parametrize("settings", [Environment("dev"), LOADED], ids=["trial", "loaded"])
def test_no_action_bears_a_star_and_resources_only_where_aws_has_none(
    synthesized: Synthesized, settings: Environment
) -> None:
    for statement in statements(synthesized(settings)):
        named = set(as_list(statement["Action"]))
        assert not [action for action in named if "*" in action]
        if "*" in as_list(statement["Resource"]):
            assert named <= WITHOUT_RESOURCE


def test_no_role_has_a_policy_that_aws_keeps(prod: Template) -> None:
    for role in prod.find_resources("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_the_keys_of_requests_are_the_apis_alone(trial: Template) -> None:
    def items(role: str) -> list[str]:
        condition = statement_with(trial, role, "dynamodb:UpdateItem")["Condition"]
        return list(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])

    others = ["RUN#*", "ACTIVE#*", "SPEND#*"]
    assert items("ApiFunction") == [*others, "KEY#*"]
    for role in ("LauncherFunction", "TaskEventsFunction", "ReconcilerFunction", "RunnerTask"):
        assert items(role) == others


def test_an_index_is_read_by_those_who_need_it(trial: Template) -> None:
    for role, index in (("ApiFunction", "/index/by_owner"), ("ReconcilerFunction", "/index/live")):
        assert statement_with(trial, role, "dynamodb:Query")["Resource"]["Fn::Join"][1][-1] == index


def test_the_task_touches_nothing_in_the_bucket_but_bundles(trial: Template) -> None:
    assert statement_with(trial, "RunnerTask", "s3:PutObject")["Resource"]["Fn::Join"][1][-1] == "/runs/*"
    assert statement_with(trial, "RunnerTask", "s3:ListBucket")["Condition"] == {
        "StringLike": {"s3:prefix": ["runs/*"]}
    }


@pytest.mark.parametrize("role", ["ApiFunction", "LauncherFunction", "ReconcilerFunction"])
def test_only_this_environments_family_is_started_and_only_in_its_cluster(trial: Template, role: str) -> None:
    started = statement_with(trial, role, "ecs:RunTask")
    ends = [resource["Fn::Join"][1][-1] for resource in started["Resource"]]
    assert ends == [":task-definition/kaiseki-dev", ":task-definition/kaiseki-dev:*"]
    cluster = started["Condition"]["ArnEquals"]["ecs:cluster"]["Fn::GetAtt"]
    assert cluster[0].startswith("RunnerCluster")
    assert statement_with(trial, role, "ecs:StopTask")["Condition"] == started["Condition"]


@pytest.mark.parametrize("role", ["ApiFunction", "LauncherFunction", "ReconcilerFunction"])
def test_only_the_tasks_own_roles_are_handed_on_and_only_to_tasks(trial: Template, role: str) -> None:
    handed = statement_with(trial, role, "iam:PassRole")
    assert {resource["Fn::GetAtt"][0].rstrip("0123456789ABCDEF") for resource in handed["Resource"]} == {
        "RunnerTask",
        "RunnerExecution",
    }
    assert handed["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_events_are_told_as_kaiseki_on_this_bus_alone(trial: Template) -> None:
    for role in (*FUNCTIONS, "RunnerTask"):
        told = statement_with(trial, role, "events:PutEvents")
        assert told["Condition"] == {"StringEquals": {"events:source": "kaiseki"}}
        assert told["Resource"]["Fn::GetAtt"][0].startswith("RunEventsBus")


def test_an_own_key_is_used_through_the_services_that_hold_the_data_alone(prod: Template) -> None:
    used = [s for s in statements(prod) if any(action.startswith("kms:") for action in as_list(s["Action"]))]
    assert used
    for statement in used:
        assert set(as_list(statement["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey"}
        through = statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0]
        assert through in ("s3.", "dynamodb.")


def test_nothing_may_change_the_warehouse_but_what_the_administrator_runs(synthesized: Synthesized) -> None:
    template = synthesized(LOADED)
    may = {
        role
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for role in [policy["Properties"]["Roles"][0]["Ref"]]
        if "redshift-data:" in json.dumps(policy) or "secretsmanager:" in json.dumps(policy)
    }
    assert {role.rstrip("0123456789ABCDEF") for role in may} == {"TablesFunctionRole"}
