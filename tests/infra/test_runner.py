"""The task's definition says what the image needs (docs/image.md) and takes away what it does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings_task import ImageUri, Runner, ToolchainImage
from kaiseki.settings import load_settings

Synthesized = Callable[[Environment], Template]
DIGEST = "sha256:" + "0" * 64
CHOSEN = Environment(
    "dev",
    runner=Runner(architecture="X86_64", cpu=4_096, memory_mb=16_384, disk_gib=50, container_insights=True),
    image=ImageUri(f"registry.example/kaiseki@{DIGEST}"),
)
OTHER_REPOSITORY = Environment("dev", image=ToolchainImage(repository="tools/kaiseki"))
# The set that docker and ECS give to a container that asks for nothing.
DEFAULT_CAPABILITIES = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}


def definition(template: Template) -> dict[str, Any]:
    (task,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    return dict(task["Properties"])


def container(template: Template, name: str = "kaiseki") -> dict[str, Any]:
    return next(c for c in definition(template)["ContainerDefinitions"] if c["Name"] == name)


def variables(template: Template) -> dict[str, Any]:
    return {variable["Name"]: variable["Value"] for variable in container(template)["Environment"]}


def test_the_family_bears_the_environments_name(trial: Template, prod: Template) -> None:
    assert (definition(trial)["Family"], definition(prod)["Family"]) == ("kaiseki-dev", "kaiseki-prod")


def test_size_and_processor_are_settings(trial: Template, synthesized: Synthesized) -> None:
    usual, chosen = definition(trial), definition(synthesized(CHOSEN))
    assert (usual["Cpu"], usual["Memory"], usual["EphemeralStorage"]["SizeInGiB"]) == ("1024", "8192", 21)
    assert usual["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    assert (chosen["Cpu"], chosen["Memory"], chosen["EphemeralStorage"]["SizeInGiB"]) == ("4096", "16384", 50)
    assert chosen["RuntimePlatform"]["CpuArchitecture"] == "X86_64"


def test_every_container_has_a_read_only_root(trial: Template) -> None:
    assert all(one["ReadonlyRootFilesystem"] for one in definition(trial)["ContainerDefinitions"])


def test_containers_keep_three_capabilities_and_are_given_none(trial: Template) -> None:
    for one in definition(trial)["ContainerDefinitions"]:
        capabilities = one["LinuxParameters"]["Capabilities"]
        assert DEFAULT_CAPABILITIES - set(capabilities["Drop"]) == {"SETUID", "SETGID", "KILL"}
        assert not capabilities.get("Add")


def test_what_the_image_writes_to_can_be_written(trial: Template) -> None:
    (scratch,) = container(trial)["LinuxParameters"]["Tmpfs"]
    assert (scratch["ContainerPath"], scratch["Size"]) == ("/tmp", 3_072)
    assert {"ContainerPath": "/workspace/results", "ReadOnly": False, "SourceVolume": "results"} in container(trial)[
        "MountPoints"
    ]
    assert {"Name": "results"} in definition(trial)["Volumes"]


def test_the_health_check_is_the_images_own(trial: Template, project: Path) -> None:
    check = container(trial)["HealthCheck"]
    (line,) = [
        line for line in (project / "container/Dockerfile").read_text().splitlines() if line.startswith("HEALTHCHECK")
    ]
    assert check["Command"] == ["CMD", *json.loads(line.split(" CMD ")[1])]
    assert (check["Interval"], check["Timeout"], check["StartPeriod"]) == (30, 5, 20)


def test_a_task_has_two_minutes_to_put_away_what_it_has_and_no_init_process_before_it(trial: Template) -> None:
    assert container(trial)["StopTimeout"] == 120
    assert container(trial)["LinuxParameters"]["InitProcessEnabled"] is False


def test_a_full_log_does_not_hold_up_the_run(trial: Template) -> None:
    log = container(trial)["LogConfiguration"]
    assert (log["LogDriver"], log["Options"]["mode"]) == ("awslogs", "non-blocking")


def test_the_image_is_the_digest_that_was_promoted_to_this_environment(trial: Template) -> None:
    (parameter,) = [
        name
        for name, parameter in trial.to_json()["Parameters"].items()
        if parameter.get("Default") == "/kaiseki/dev/image-digest"
    ]
    parts = container(trial)["Image"]["Fn::Join"][1]
    assert parts[-2:] == ["/kaiseki@", {"Ref": parameter}]


def test_the_repository_is_a_setting(synthesized: Synthesized) -> None:
    assert "/tools/kaiseki@" in container(synthesized(OTHER_REPOSITORY))["Image"]["Fn::Join"][1]


def test_an_image_may_be_named_outright(synthesized: Synthesized) -> None:
    assert container(synthesized(CHOSEN))["Image"] == f"registry.example/kaiseki@{DIGEST}"


@pytest.mark.parametrize("which", ["trial", "prod"])
def test_the_program_knows_every_variable_that_it_is_given(which: str, request: pytest.FixtureRequest) -> None:
    given = variables(request.getfixturevalue(which))
    assert {"KAISEKI_STORE", "KAISEKI_RECORDS", "KAISEKI_MODEL", "KAISEKI_WAREHOUSE", "KAISEKI_EVENT_BUS"} <= set(given)
    values = {
        **{name: value if isinstance(value, str) else "of-the-stack" for name, value in given.items()},
        "KAISEKI_STORE": "s3://bucket",
        "KAISEKI_KNOWLEDGE": "s3://bucket/knowledge",
        "KAISEKI_UNLOAD_ROLE": "arn:aws:iam::111122223333:role/unloading",
        "KAISEKI_UNLOAD_TO": "s3://bucket/staging",
        "KAISEKI_RECORDS": "dynamodb:table",
        "KAISEKI_WAREHOUSE": "duckdb:/workspace/input",
    }
    assert load_settings({}, values).environment in ("dev", "prod")


def test_bundles_are_built_on_the_disk_and_not_in_memory(trial: Template) -> None:
    assert variables(trial)["KAISEKI_WORKSPACE"] == "/workspace/results"


def test_generated_code_gets_the_memory_that_tmp_and_the_program_leave(
    trial: Template, synthesized: Synthesized
) -> None:
    assert variables(trial)["KAISEKI_SANDBOX_MEMORY_MB"] == str(8_192 - 3_072 - 2_048)
    assert variables(synthesized(CHOSEN))["KAISEKI_SANDBOX_MEMORY_MB"] == str(16_384 - 3_072 - 2_048)


def test_tasks_may_run_on_demand_and_on_spot(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::ECS::ClusterCapacityProviderAssociations", {"CapacityProviders": ["FARGATE", "FARGATE_SPOT"]}
    )


def test_container_insights_are_a_setting(trial: Template, synthesized: Synthesized) -> None:
    for template, value in ((trial, "disabled"), (synthesized(CHOSEN), "enabled")):
        template.has_resource_properties(
            "AWS::ECS::Cluster", {"ClusterSettings": [{"Name": "containerInsights", "Value": value}]}
        )


def test_roles_of_tasks_are_taken_for_tasks_of_this_account_alone(trial: Template) -> None:
    for description in ("The program of a run", "Pulls the image, writes the logs"):
        trial.has_resource_properties(
            "AWS::IAM::Role",
            {
                "Description": description,
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        Match.object_like(
                            {
                                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                            }
                        )
                    ]
                },
            },
        )
