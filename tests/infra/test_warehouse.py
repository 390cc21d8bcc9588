"""Files for a trial, a Redshift that is there, or one that is made: tasks find it and read it, nobody else does."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk.assertions import Match, Template
from moto import mock_aws

from infra.environments import Environment
from infra.sample_files import FETCH, INPUT
from infra.settings import Api, ExistingNetwork, Jwt
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, ImageFolder, NewWorkgroup
from infra.warehouse_tables import written_anew
from kaiseki.models import Column, Table

Synthesized = Callable[[Environment], Template]
GROUP = "sg-0123456789abcdef0"
NETWORK = ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0",))
WORKGROUP_ID = "01234567-89ab-cdef-0123-456789abcdef"
IN_IMAGE = Environment("dev", warehouse=ImageFolder("/data/sales"))
SERVERLESS = Environment("dev", network=NETWORK, warehouse=ExistingWorkgroup("sales", WORKGROUP_ID, "prod", GROUP))
CLUSTER = Environment("dev", network=NETWORK, warehouse=ExistingCluster("sales", "prod", GROUP))
LOADED = Environment("dev", warehouse=NewWorkgroup())


def definition(template: Template) -> dict[str, Any]:
    (task,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    return dict(task["Properties"])


def location(template: Template) -> str:
    (kaiseki,) = [c for c in definition(template)["ContainerDefinitions"] if c["Name"] == "kaiseki"]
    return str({v["Name"]: v["Value"] for v in kaiseki["Environment"]}["KAISEKI_WAREHOUSE"])


def signing_in(template: Template) -> dict[str, Any]:
    (found,) = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if any(action.startswith("redshift") and "Credentials" in action for action in statement["Action"])
    ]
    return dict(found)


def setup_of(template: Template) -> dict[str, Any]:
    (resource,) = template.find_resources("Custom::WarehouseStatements").values()
    return dict(resource["Properties"])


def test_the_samples_files_are_fetched_before_the_program_starts(trial: Template) -> None:
    kaiseki, sample = definition(trial)["ContainerDefinitions"]
    assert location(trial) == f"duckdb:{INPUT}"
    assert kaiseki["DependsOn"] == [{"Condition": "SUCCESS", "ContainerName": "sample"}]
    assert (sample["Essential"], sample["Image"]) == (False, kaiseki["Image"])
    assert {"ContainerPath": INPUT, "ReadOnly": False, "SourceVolume": "input"} in sample["MountPoints"]
    assert {"ContainerPath": INPUT, "ReadOnly": True, "SourceVolume": "input"} in kaiseki["MountPoints"]


def test_fetching_unpacks_the_files_that_were_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("users.csv", "userid\n1\n")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SAMPLE_BUCKET", "assets")
    monkeypatch.setenv("SAMPLE_KEY", "sample.zip")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="assets")
        s3.put_object(Bucket="assets", Key="sample.zip", Body=packed.getvalue())
        exec(compile(FETCH.replace(INPUT, str(tmp_path)), "fetch", "exec"), {})
    assert (tmp_path / "users.csv").read_text() == "userid\n1\n"


def test_the_task_may_fetch_these_files_alone(trial: Template) -> None:
    (key,) = [
        v["Value"] for v in definition(trial)["ContainerDefinitions"][1]["Environment"] if v["Name"] == "SAMPLE_KEY"
    ]
    assert f"/{key}" in json.dumps(trial.find_resources("AWS::IAM::Policy"))


def test_a_folder_of_the_image_is_read_as_it_is(synthesized: Synthesized) -> None:
    template = synthesized(IN_IMAGE)
    assert location(template) == "duckdb:/data/sales"
    assert len(definition(template)["ContainerDefinitions"]) == 1


def test_an_existing_workgroup_is_found_by_name_and_signed_in_to_by_arn(synthesized: Synthesized) -> None:
    template = synthesized(SERVERLESS)
    assert location(template) == "redshift:serverless/sales/prod"
    statement = signing_in(template)
    assert statement["Action"] == ["redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"]
    assert statement["Resource"]["Fn::Join"][1][-1] == f":workgroup/{WORKGROUP_ID}"


def test_in_an_existing_cluster_the_role_is_its_own_user_of_one_database(synthesized: Synthesized) -> None:
    template = synthesized(CLUSTER)
    assert location(template) == "redshift:cluster/sales/prod"
    statement = signing_in(template)
    assert set(statement["Action"]) == {"redshift:GetClusterCredentialsWithIAM", "redshift:DescribeClusters"}
    ends = {resource["Fn::Join"][1][-1] for resource in statement["Resource"]}
    assert ends == {":dbname:sales/prod", ":cluster:sales"}


@pytest.mark.parametrize("settings", [SERVERLESS, CLUSTER], ids=["workgroup", "cluster"])
def test_the_security_group_of_an_existing_warehouse_admits_the_tasks(
    synthesized: Synthesized, settings: Environment
) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439}
    tasks = {"Fn::GetAtt": [Match.string_like_regexp("NetworkTasks"), "GroupId"]}
    template = synthesized(settings)
    template.resource_count_is("AWS::EC2::SecurityGroupIngress", 1)
    template.has_resource_properties(
        "AWS::EC2::SecurityGroupIngress", {**rule, "GroupId": GROUP, "SourceSecurityGroupId": tasks}
    )
    template.has_resource_properties(
        "AWS::EC2::SecurityGroupEgress", {**rule, "GroupId": tasks, "DestinationSecurityGroupId": GROUP}
    )


def test_a_new_workgroup_is_private_speaks_tls_and_has_its_bounds(synthesized: Synthesized) -> None:
    synthesized(LOADED).has_resource_properties(
        "AWS::RedshiftServerless::Workgroup",
        {
            "WorkgroupName": "kaiseki-dev",
            "BaseCapacity": 8,
            "MaxCapacity": 16,
            "PubliclyAccessible": False,
            "EnhancedVpcRouting": True,
            "ConfigParameters": [{"ParameterKey": "require_ssl", "ParameterValue": "true"}],
            "SubnetIds": [Match.any_value()] * 3,
        },
    )


def test_nobody_connects_to_a_new_workgroup_but_tasks(synthesized: Synthesized) -> None:
    template = synthesized(LOADED)
    template.resource_count_is("AWS::EC2::SecurityGroupIngress", 1)
    template.has_resource_properties(
        "AWS::EC2::SecurityGroupIngress",
        {
            "FromPort": 5439,
            "GroupId": {"Fn::GetAtt": [Match.string_like_regexp("WarehouseGroup"), "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": [Match.string_like_regexp("NetworkTasks"), "GroupId"]},
        },
    )


def test_the_administrators_password_is_redshifts_own_and_what_happens_is_logged(synthesized: Synthesized) -> None:
    synthesized(LOADED).has_resource_properties(
        "AWS::RedshiftServerless::Namespace",
        {
            "ManageAdminPassword": True,
            "AdminUserPassword": Match.absent(),
            "LogExports": ["userlog", "connectionlog", "useractivitylog"],
        },
    )


def test_the_data_of_prod_are_encrypted_with_its_own_key_and_outlive_the_stack(
    prod: Template, synthesized: Synthesized
) -> None:
    (namespace,) = prod.find_resources("AWS::RedshiftServerless::Namespace").values()
    assert namespace["Properties"]["KmsKeyId"]["Fn::GetAtt"][0].startswith("StorageKey")
    assert namespace["DeletionPolicy"] == "Retain"
    (of_trial,) = synthesized(LOADED).find_resources("AWS::RedshiftServerless::Namespace").values()
    assert of_trial["DeletionPolicy"] == "Delete"


def test_each_csv_file_becomes_a_table_by_copy(synthesized: Synthesized, project: Path) -> None:
    statements = [s if isinstance(s, str) else s["Fn::Join"][1][0] for s in setup_of(synthesized(LOADED))["Statements"]]
    for file in (project / "input").glob("*.csv"):
        assert any(s.startswith(f'COPY public."{file.stem}" FROM') for s in statements)
    assert statements[1].startswith('CREATE TABLE public."interactions" ("userid" INTEGER, "timestamp" TIMESTAMP')


def test_copy_may_read_these_files_alone(synthesized: Synthesized) -> None:
    policies = synthesized(LOADED).find_resources("AWS::IAM::Policy")
    (copying,) = [policy for name, policy in policies.items() if name.startswith("WarehouseCopying")]
    (statement,) = copying["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert all(resource["Fn::Join"][1][-1].endswith(".csv") for resource in statement["Resource"])


def test_without_files_only_the_reader_is_made(prod: Template) -> None:
    properties = setup_of(prod)
    assert properties["Statements"] == []
    assert properties["Reader"]["Fn::Join"][1][0] == "IAMR:"
    assert properties["Schemas"] == ["public"]


def test_what_an_environment_lets_be_read_and_shown_is_granted_listed_for_tasks_and_known_to_the_api(
    synthesized: Synthesized,
) -> None:
    callers = Jwt("https://issuer.example/", ("kaiseki",), schemas_claim="warehouse")
    listed = Environment(
        "dev",
        warehouse=NewWorkgroup(),
        schemas=("public", "sales"),
        show_personal=("users.city_name", "sales.stores.phone"),
        api=Api(callers=callers),
    )
    template = synthesized(listed)
    assert setup_of(template)["Schemas"] == ["public", "sales"]
    assert setup_of(template)["Grants"] != setup_of(synthesized(LOADED))["Grants"]
    (task,) = [c for c in definition(template)["ContainerDefinitions"] if c["Name"] == "kaiseki"]
    assert {"Name": "KAISEKI_SCHEMAS", "Value": "public,sales"} in task["Environment"]
    shown = {"Name": "KAISEKI_SHOW_PERSONAL", "Value": "users.city_name,sales.stores.phone"}
    assert shown in task["Environment"]
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": Match.string_like_regexp("^(api|cold_start).handler$"),
            "Environment": {
                "Variables": Match.object_like(
                    {"KAISEKI_SCHEMAS": "public,sales", "KAISEKI_SCHEMAS_CLAIM": "warehouse"}
                )
            },
        },
    )


def test_nothing_is_limited_unless_it_is_set(trial: Template) -> None:
    assert "KAISEKI_SHOW_PERSONAL" not in json.dumps(trial.to_json())
    assert "KAISEKI_SCHEMAS" not in json.dumps(trial.to_json())


def test_a_table_keeps_the_types_that_a_run_on_the_file_finds() -> None:
    table = Table(name="orders", columns=(Column(name="day", type="DATE"), Column(name="of", type="VARCHAR")))
    drop, create, copy = written_anew(table, "s3://bucket/key.csv")
    assert drop == 'DROP TABLE IF EXISTS public."orders"'
    assert create == 'CREATE TABLE public."orders" ("day" DATE, "of" VARCHAR(65535))'
    assert copy.startswith("COPY public.\"orders\" FROM 's3://bucket/key.csv' IAM_ROLE default FORMAT CSV")
