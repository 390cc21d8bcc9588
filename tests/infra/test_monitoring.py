"""A person is told when something is wrong, by alarms on what runs and parts of the service measure."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings import Monitoring
from kaiseki.lifecycle import Status
from kaiseki.metrics import metrics_line
from kaiseki.models import Run

Synthesized = Callable[[Environment], Template]
TOLD = Environment(
    "dev", monitoring=Monitoring(emails=("oncall@example.com",), usd_per_day=7, failed_runs=9, dashboard=False)
)
ALARMS = {
    *("FailedRuns", "LaunchFailures", "ServerErrors", "FunctionErrors", "StaleQueue", "Dollars"),
    *("LaunchDeadLetters", "EventDeadLetters"),
}


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::CloudWatch::Alarm")
    return {name.removeprefix("Monitoring")[:-8]: alarm["Properties"] for name, alarm in found.items()}


def test_there_is_an_alarm_for_each_way_in_which_it_goes_wrong(trial: Template) -> None:
    assert set(alarms(trial)) == ALARMS


def test_every_alarm_goes_to_the_topic_says_what_is_wrong_and_is_quiet_while_nothing_happens(trial: Template) -> None:
    for alarm in alarms(trial).values():
        assert alarm["AlarmActions"] == [{"Ref": next(iter(trial.find_resources("AWS::SNS::Topic", ALARM_TOPIC)))}]
        assert alarm["AlarmDescription"]
        assert alarm["TreatMissingData"] == "notBreaching"


ALARM_TOPIC = {"Properties": {"DisplayName": "Kaiseki dev: alarms"}}


def test_cloudwatch_may_publish_to_the_topic_and_nobody_without_tls(trial: Template) -> None:
    topic = next(iter(trial.find_resources("AWS::SNS::Topic", ALARM_TOPIC)))
    trial.has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "Topics": [{"Ref": topic}],
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
                        Match.object_like(
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                                "Action": "sns:Publish",
                            }
                        ),
                    ]
                )
            },
        },
    )


def test_who_is_told_and_from_when_on_are_settings(synthesized: Synthesized) -> None:
    template = synthesized(TOLD)
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "oncall@example.com"})
    assert alarms(template)["Dollars"]["Threshold"] == 7
    assert alarms(template)["FailedRuns"]["Threshold"] == 9


def test_the_alarm_on_dollars_adds_up_a_day(trial: Template) -> None:
    dollars = alarms(trial)["Dollars"]
    assert (dollars["MetricName"], dollars["Statistic"], dollars["Period"]) == ("Usd", "Sum", 86_400)
    assert dollars["Dimensions"] == [{"Name": "Environment", "Value": "dev"}]


def test_alarms_and_dashboard_read_only_what_runs_really_measure(trial: Template) -> None:
    run = Run(id="r", prompt="p", created_at=datetime(2026, 11, 21, tzinfo=UTC), status=Status.FAILED)
    described = json.loads(metrics_line(run, "dev"))["_aws"]["CloudWatchMetrics"][0]
    measured = {metric["Name"] for metric in described["Metrics"]}
    (dashboard,) = trial.find_resources("AWS::CloudWatch::Dashboard").values()
    parts = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    body = "".join(part if isinstance(part, str) else "of-the-stack" for part in parts)
    read = {
        metric[1]
        for widget in json.loads(body)["widgets"]
        for metric in widget["properties"]["metrics"]
        if metric[0] == described["Namespace"]
    }
    assert read
    assert read <= measured
    in_alarms = {
        m["MetricStat"]["Metric"]["MetricName"] for m in alarms(trial)["FailedRuns"]["Metrics"] if "MetricStat" in m
    }
    assert in_alarms == {"Failed", "TimedOut"} <= measured


def test_a_launch_that_failed_is_counted_from_the_line_that_a_function_writes(
    trial: Template, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial.resource_count_is("AWS::Logs::MetricFilter", 4)
    trial.all_resources_properties(
        "AWS::Logs::MetricFilter",
        {"FilterPattern": '{ $.decision = "ended" && $.reason = "launch.failed" }'},
    )
    monkeypatch.syspath_prepend(str(project / "lambda"))
    from decisions import decided

    decided("ended", "run", reason="launch.failed")
    written = json.loads(capsys.readouterr().out)
    assert (written["decision"], written["reason"]) == ("ended", "launch.failed")


def test_the_dashboard_is_a_setting(trial: Template, synthesized: Synthesized) -> None:
    trial.has_resource_properties("AWS::CloudWatch::Dashboard", {"DashboardName": "kaiseki-dev"})
    synthesized(TOLD).resource_count_is("AWS::CloudWatch::Dashboard", 0)
