"""Runs that wait for capacity, tasks that stop without a word, runs that nothing else would end."""

from collections.abc import Callable
from typing import Any

from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings import Limits, PerRun
from infra.settings_task import Runner

Synthesized = Callable[[Environment], Template]
CHOSEN = Environment(
    "dev",
    limits=Limits(principal_active=2, environment_active=3, principal_usd_per_day=4.5, environment_usd_per_day=6),
    per_run=PerRun(usd=1.5, seconds=600),
    runner=Runner(capacity="spot-first"),
)


def functions(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::Lambda::Function").values()
    return {function["Properties"]["Handler"]: function["Properties"] for function in found}


def queues(template: Template) -> dict[str, dict[str, Any]]:
    return {name: queue["Properties"] for name, queue in template.find_resources("AWS::SQS::Queue").items()}


def test_a_message_that_nobody_can_handle_is_put_aside_after_five_tries(trial: Template) -> None:
    (waiting,) = [queue for queue in queues(trial).values() if "RedrivePolicy" in queue]
    assert waiting["RedrivePolicy"]["maxReceiveCount"] == 5
    put_aside = waiting["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert queues(trial)[put_aside]["MessageRetentionPeriod"] == 14 * 24 * 3_600


def test_a_message_stays_hidden_for_six_times_as_long_as_the_function_may_take(trial: Template) -> None:
    (waiting,) = [queue for queue in queues(trial).values() if "RedrivePolicy" in queue]
    assert waiting["VisibilityTimeout"] == 6 * functions(trial)["launch.handler"]["Timeout"]


def test_messages_outlast_the_longest_wait_for_capacity(trial: Template) -> None:
    (waiting,) = [queue for queue in queues(trial).values() if "RedrivePolicy" in queue]
    assert waiting["MessageRetentionPeriod"] > 86_400  # the most that Limits.queue_seconds may be


def test_queues_are_encrypted_and_refuse_what_is_not_tls(trial: Template) -> None:
    trial.all_resources_properties("AWS::SQS::Queue", {"SqsManagedSseEnabled": True})
    trial.resource_count_is("AWS::SQS::QueuePolicy", len(queues(trial)))
    for policy in trial.find_resources("AWS::SQS::QueuePolicy").values():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert any(
            s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in statements
        )


def test_of_a_batch_only_the_messages_that_failed_come_again(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
    )


def test_only_events_of_this_environments_tasks_are_taken(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [{"Fn::GetAtt": [Match.string_like_regexp("RunnerCluster"), "Arn"]}],
                    "group": ["family:kaiseki-dev"],
                    "lastStatus": ["RUNNING", "STOPPED"],
                },
            },
            "Targets": [Match.object_like({"DeadLetterConfig": {"Arn": Match.any_value()}})],
        },
    )


def test_stranded_runs_are_looked_for_every_minute(trial: Template) -> None:
    trial.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(1 minute)", "State": "ENABLED"})


def test_the_end_of_a_run_goes_to_a_topic(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventBusName": {"Ref": Match.string_like_regexp("RunEventsBus")},
            "EventPattern": {"source": ["kaiseki"], "detail-type": ["Run ended"]},
            "Targets": [Match.object_like({"Arn": {"Ref": Match.string_like_regexp("RunEventsEnded")}})],
        },
    )


def test_the_functions_are_told_what_the_environment_allows(synthesized: Synthesized) -> None:
    for function in functions(synthesized(CHOSEN)).values():
        told = function["Environment"]["Variables"]
        assert told["KAISEKI_PRINCIPAL_ACTIVE"] == "2"
        assert told["KAISEKI_ENVIRONMENT_ACTIVE"] == "3"
        assert told["KAISEKI_PRINCIPAL_USD"] == "4.5"
        assert told["KAISEKI_ENVIRONMENT_USD"] == "6"
        assert told["KAISEKI_MAX_USD"] == "1.5"
        assert told["KAISEKI_MAX_SECONDS"] == "600"
        assert told["KAISEKI_CAPACITY"] == "spot-first"


def test_functions_and_task_tell_of_ends_on_the_same_bus(trial: Template) -> None:
    (task,) = trial.find_resources("AWS::ECS::TaskDefinition").values()
    told = {v["Name"]: v["Value"] for v in task["Properties"]["ContainerDefinitions"][0]["Environment"]}
    for function in functions(trial).values():
        assert function["Environment"]["Variables"]["KAISEKI_EVENT_BUS"] == told["KAISEKI_EVENT_BUS"]
