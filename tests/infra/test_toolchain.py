"""The toolchain's templates: the registry, the builds, the pipeline, and what each of their roles may do."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.buildspecs import Spec, deployment, image, image_by_hand, project_tests
from infra.checks.names import ACCOUNT, REGION, Names
from infra.checks.policies import Request, Statement, allows, role_named, statements_of
from infra.checks.synthesis import CONNECTED
from infra.environments import ENVIRONMENTS, Environment
from infra.flags import FLAGS
from infra.settings_task import Runner
from infra.settings_toolchain import Toolchain
from infra.toolchain_stack import ToolchainStack

X86 = tuple(Environment(name, runner=Runner(architecture="X86_64")) for name in ("dev", "staging", "prod"))
BOOTSTRAP = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{{}}-role-{ACCOUNT}-{REGION}"
DEPLOYED = ("dev", "staging", "prod")


@cache
def template_of(settings: Toolchain, environments: Sequence[Environment] = ENVIRONMENTS) -> Template:
    return Template.from_stack(ToolchainStack(App(context=FLAGS), "toolchain", settings, environments))


@pytest.fixture(scope="module")
def connected() -> Template:
    return template_of(CONNECTED)


@pytest.fixture(scope="module")
def by_hand() -> Template:
    return template_of(Toolchain())


def projects(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::CodeBuild::Project").values()
    return {project["Properties"]["Name"]: project["Properties"] for project in found}


def stages(template: Template) -> dict[str, list[dict[str, Any]]]:
    (pipeline,) = template.find_resources("AWS::CodePipeline::Pipeline").values()
    return {stage["Name"]: stage["Actions"] for stage in pipeline["Properties"]["Stages"]}


def role(template: Template, name: str) -> list[Statement]:
    written = template.to_json()
    return statements_of(written, role_named(written, name))


def test_images_are_scanned_never_changed_and_outlive_the_stack(by_hand: Template, connected: Template) -> None:
    for template, encryption in ((by_hand, "AES256"), (connected, "KMS")):
        (repository,) = template.find_resources("AWS::ECR::Repository").values()
        properties = repository["Properties"]
        assert properties["RepositoryName"] == "kaiseki"
        assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
        assert properties["ImageTagMutability"] == "IMMUTABLE"
        assert properties.get("EncryptionConfiguration", {}).get("EncryptionType", "AES256") == encryption
        assert (repository["DeletionPolicy"], repository["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_what_an_environment_runs_is_not_cleaned_away_by_the_images_after_it(by_hand: Template) -> None:
    (repository,) = by_hand.find_resources("AWS::ECR::Repository").values()
    rules = json.loads(repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    selections = [(rule["rulePriority"], rule["selection"]) for rule in sorted(rules, key=lambda r: r["rulePriority"])]
    assert [selection.get("tagPrefixList") for _, selection in selections[:3]] == [["dev-"], ["staging-"], ["prod-"]]
    assert selections[-1][1]["tagStatus"] == "any"
    assert [selection["countNumber"] for _, selection in selections] == [10, 10, 10, 30]


def test_without_a_connection_there_are_the_registry_and_one_build_that_is_started_by_hand(by_hand: Template) -> None:
    by_hand.resource_count_is("AWS::CodePipeline::Pipeline", 0)
    (build,) = projects(by_hand).values()
    assert build["Name"] == "kaiseki-image"
    assert build["Source"]["Type"] == "S3"
    variables = {one["Name"]: one["Value"] for one in build["Environment"]["EnvironmentVariables"]}
    assert re.fullmatch(r"checkout-[0-9a-f]{12}", variables["IMAGE_TAG"])
    assert variables["PROMOTE_TO"] == "dev"


def test_the_checkout_that_is_handed_over_is_what_the_image_is_built_from(project: Path, tmp_path: Path) -> None:
    app = App(context=FLAGS, outdir=str(tmp_path))
    ToolchainStack(app, "toolchain", Toolchain(), ENVIRONMENTS)
    (asset,) = Path(app.synth().directory).glob("asset.*")
    files = {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()}
    assert {name.split("/")[0] for name in files} == {".dockerignore", "container", "requirements"}
    assert not [name for name in files if "__pycache__" in name]
    copied = re.findall(r"^COPY (?!--from)(\S+)", (project / "container/Dockerfile").read_text(), re.M)
    assert copied
    assert all(any(name == path or name.startswith(f"{path}/") for name in files) for path in copied)


def test_an_image_is_tested_once_built_once_and_goes_from_environment_to_environment(connected: Template) -> None:
    assert [*stages(connected)] == ["Source", "Tests", "Image", "Dev", "Staging", "Prod"]
    names = [action["Name"] for actions in stages(connected).values() for action in actions]
    assert names == ["GitHub", "Check", "Build", "Deploy", "Deploy", "Approve", "Deploy"]
    (build,) = stages(connected)["Image"]
    for environment in DEPLOYED:
        deploy = stages(connected)[environment.capitalize()][-1]
        given = {one["name"]: one["value"] for one in json.loads(deploy["Configuration"]["EnvironmentVariables"])}
        assert given["DIGEST"] == f"#{{{build['Namespace']}.DIGEST}}"
        assert given["IMAGE_TAG"].endswith(".CommitId}")


def test_prod_waits_for_a_person(connected: Template) -> None:
    approve, deploy = stages(connected)["Prod"]
    assert approve["ActionTypeId"]["Category"] == "Approval"
    assert approve["RunOrder"] < deploy["RunOrder"]
    assert "NotificationArn" in approve["Configuration"]


def test_a_push_to_the_branch_starts_the_pipeline(connected: Template) -> None:
    (pipeline,) = connected.find_resources("AWS::CodePipeline::Pipeline").values()
    assert pipeline["Properties"]["PipelineType"] == "V2"
    (source,) = stages(connected)["Source"]
    assert CONNECTED.source is not None
    assert source["Configuration"] == {
        "ConnectionArn": CONNECTED.source.connection_arn,
        "FullRepositoryId": "owner/name",
        "BranchName": "main",
        "DetectChanges": True,
    }


def test_policies_are_there_before_the_pipeline_starts_by_itself(connected: Template) -> None:
    (pipeline,) = connected.find_resources("AWS::CodePipeline::Pipeline").values()
    assert any(name.startswith("PipelineRoleDefaultPolicy") for name in pipeline["DependsOn"])
    for build in connected.find_resources("AWS::CodeBuild::Project").values():
        assert any("RoleDefaultPolicy" in name for name in build["DependsOn"])


@pytest.mark.parametrize(
    ("environments", "type_", "processor"),
    [(ENVIRONMENTS, "ARM_CONTAINER", "aarch64"), (X86, "LINUX_CONTAINER", "x86_64")],
    ids=["ARM64", "X86_64"],
)
def test_builds_run_on_the_processor_of_the_tasks(
    environments: Sequence[Environment], type_: str, processor: str
) -> None:
    for build in projects(template_of(CONNECTED, environments)).values():
        assert build["Environment"]["Type"] == type_
        assert processor in build["Environment"]["Image"]


def test_only_the_build_of_the_image_is_privileged(connected: Template) -> None:
    privileged = {name for name, build in projects(connected).items() if build["Environment"]["PrivilegedMode"]}
    assert privileged == {"kaiseki-image"}


def test_logs_of_builds_are_kept_for_the_days_that_are_set(connected: Template) -> None:
    groups = connected.find_resources("AWS::Logs::LogGroup")
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {90}
    logged = {build["LogsConfig"]["CloudWatchLogs"]["GroupName"]["Ref"] for build in projects(connected).values()}
    assert logged == set(groups)


def test_artifacts_are_encrypted_private_and_reached_by_tls_alone(connected: Template) -> None:
    (bucket,) = connected.find_resources("AWS::S3::Bucket").values()
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = connected.find_resources("AWS::S3::BucketPolicy").values()
    denied = [one for one in policy["Properties"]["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]


def test_failures_are_told_to_who_is_named(connected: Template) -> None:
    connected.has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "somebody@example.com"}
    )
    (rule,) = connected.find_resources("AWS::Events::Rule").values()
    assert rule["Properties"]["EventPattern"]["detail"] == {"state": ["FAILED"]}
    topic = next(iter(connected.find_resources("AWS::SNS::Topic")))
    assert rule["Properties"]["Targets"][0]["Arn"] == {"Ref": topic}
    (policy,) = connected.find_resources("AWS::SNS::TopicPolicy").values()
    publishing = [one for one in policy["Properties"]["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert [one["Principal"] for one in publishing] == [{"Service": "events.amazonaws.com"}]


# What a command of the builds needs, beyond what the action's own name says.
NEEDED = {
    "ecr get-login-password": ["ecr:GetAuthorizationToken"],
    "ecr describe-images": ["ecr:DescribeImages"],
    "ecr batch-get-image": ["ecr:BatchGetImage"],
    "ecr put-image": ["ecr:PutImage"],
    "ssm put-parameter": ["ssm:PutParameter"],
    "docker push": [
        *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"),
        *("ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    ],
    "cdk deploy": ["sts:AssumeRole"],
}


def commands(spec: Spec) -> set[str]:
    text = "\n".join(spec["phases"]["build"]["commands"])
    aws = re.findall(r"\baws ([a-z]+ [a-z-]+)", text)
    return {*aws, *re.findall(r"docker push|cdk deploy", text)}


def on(template: Template, action: str, environments: Sequence[str]) -> list[str]:
    if action == "ecr:GetAuthorizationToken":
        return ["*"]
    match action.split(":")[0]:
        case "ecr":
            return [Names(template.to_json()).the_arn("AWS::ECR::Repository")]
        case "ssm":
            parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/kaiseki/{{}}/image-digest"
            return [parameter.format(environment) for environment in environments]
    return [BOOTSTRAP.format(name) for name in ("deploy", "file-publishing", "lookup")]


@pytest.mark.parametrize(
    ("settings", "role_", "spec", "environments"),
    [
        (Toolchain(), "ImageRole", image_by_hand(), DEPLOYED),
        (CONNECTED, "PipelineTestsRole", project_tests(), ()),
        (CONNECTED, "PipelineImageRole", image(), ()),
        *((CONNECTED, f"PipelineDeploy{name}Role", deployment(), (name,)) for name in DEPLOYED),
    ],
)
def test_a_build_may_do_what_its_commands_do_and_no_more(
    settings: Toolchain, role_: str, spec: Spec, environments: Sequence[str]
) -> None:
    template = template_of(settings)
    statements = role(template, role_)
    actions = {action for command in commands(spec) for action in NEEDED[command]}
    for action in actions:
        for resource in on(template, action, environments):
            assert allows(statements, Request(action, resource)), (action, resource)
    logs_and_source = {
        *("logs:CreateLogStream", "logs:PutLogEvents", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetObject"),
        *("s3:GetObjectVersion", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
    }
    assert {action for one in statements for action in one.actions} - actions <= logs_and_source


@pytest.mark.parametrize("environment", DEPLOYED)
def test_a_deployment_is_no_administrator_and_promotes_to_its_own_environment_alone(
    connected: Template, environment: str
) -> None:
    statements = role(connected, f"PipelineDeploy{environment}Role")
    others = [name for name in DEPLOYED if name != environment]
    repository = Names(connected.to_json()).the_arn("AWS::ECR::Repository")
    denied = [
        Request("sts:AssumeRole", BOOTSTRAP.format("cfn-exec")),
        Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        *(Request("ssm:PutParameter", resource) for resource in on(connected, "ssm:PutParameter", others)),
        *(
            Request(f"ecr:{action}", repository)
            for action in ("BatchDeleteImage", "DeleteRepository", "PutLifecyclePolicy")
        ),
        Request("cloudformation:CreateStack", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/x/y"),
        Request("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/x"),
        Request("s3:PutObject", f"{Names(connected.to_json()).the_arn('AWS::S3::Bucket')}/x"),
    ]
    assert not [str(request) for request in denied if allows(statements, request)]


def test_the_pipeline_takes_the_source_and_starts_builds(connected: Template) -> None:
    statements = role(connected, "PipelineRole")
    names = Names(connected.to_json())
    assert CONNECTED.source is not None
    wanted = [
        *(
            Request(f"{it}:UseConnection", CONNECTED.source.connection_arn)
            for it in ("codeconnections", "codestar-connections")
        ),
        *(Request("codebuild:StartBuild", arn) for arn in names.arns("AWS::CodeBuild::Project")),
        Request("s3:PutObject", f"{names.the_arn('AWS::S3::Bucket')}/kaiseki/Source/x"),
        Request("sns:Publish", names.the_arn("AWS::SNS::Topic")),
    ]
    assert not [str(request) for request in wanted if not allows(statements, request)]
    other = CONNECTED.source.connection_arn.replace("00000000-", "11111111-")
    assert not allows(statements, Request("codeconnections:UseConnection", other))
    assert {action.split(":")[0] for one in statements for action in one.actions} == {
        *("codeconnections", "codestar-connections", "codebuild", "s3", "sns", "kms"),
    }


@pytest.mark.parametrize("settings", [Toolchain(), CONNECTED], ids=["by hand", "connected"])
def test_no_role_of_the_toolchain_has_an_action_with_a_star_or_a_policy_that_aws_keeps(settings: Toolchain) -> None:
    template = template_of(settings)
    for name in template.find_resources("AWS::IAM::Role"):
        for statement in statements_of(template.to_json(), name):
            assert not [action for action in statement.actions if "*" in action]
            assert "*" not in statement.resources or statement.actions == ("ecr:GetAuthorizationToken",)
    for found in template.find_resources("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in found["Properties"]
        (trust,) = found["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
