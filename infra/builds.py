"""A build of the toolchain: one CodeBuild project with a role and a log of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.buildspecs import Spec
from infra.image_repository import trusted_of_this_account
from infra.log_group import LogGroup


@dataclass(frozen=True)
class Machine:
    """What all builds of a toolchain run on: the processor of the tasks, so that what is tested is what will run."""

    architecture: Literal["ARM64", "X86_64"]
    log_days: int
    key: kms.IKey | None

    @property
    def image(self) -> codebuild.IBuildImage:
        if self.architecture == "ARM64":
            return codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0
        return codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5


class Build(Construct):
    """`project` and its `role`, which may write the log, do what `permissions` say, and nothing that the CDK adds.

    source  what it builds; None: what a pipeline hands over
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        machine: Machine,
        project_name: str,
        spec: Spec,
        permissions: Iterable[iam.PolicyStatement],
        variables: Mapping[str, str] | None = None,
        source: s3_assets.Asset | None = None,
        docker: bool = False,
    ) -> None:
        super().__init__(scope, name)
        self.role = iam.Role(self, "Role", assumed_by=trusted_of_this_account("codebuild.amazonaws.com"))
        group = LogGroup(self, "Logs", machine.log_days)
        group.grant_write(self.role)
        for statement in permissions:
            self.role.add_to_policy(statement)
        settings = {
            "project_name": project_name,
            "build_spec": codebuild.BuildSpec.from_object(spec),
            "role": self.role.without_policy_updates(),
            "environment": codebuild.BuildEnvironment(
                build_image=machine.image, compute_type=codebuild.ComputeType.MEDIUM, privileged=docker
            ),
            "environment_variables": {
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in (variables or {}).items()
            },
            "encryption_key": machine.key,
            "logging": codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=group)),
            "timeout": Duration.hours(1),
            "grant_report_group_permissions": False,
        }
        self.project = (
            codebuild.PipelineProject(self, "Project", **settings)  # type: ignore[arg-type]
            if source is None
            else codebuild.Project(
                self,
                "Project",
                source=codebuild.Source.s3(bucket=source.bucket, path=source.s3_object_key),
                **settings,  # type: ignore[arg-type]
            )
        )
        self.project.node.add_dependency(self.role)  # with its policy, before the first build
        if docker:
            acknowledge(self.project, "AwsSolutions-CB3", "it builds an image: docker needs a privileged container")
        if machine.key is None:
            acknowledge(self.project, "AwsSolutions-CB4", "S3's own key, unless the setting own_key says otherwise")
