"""The Lambda functions: one package of code, and for each function a role, a log group and its part of the settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.log_group import LogGroup
from infra.settings import Functions


@dataclass(frozen=True)
class Package:
    """What all functions share."""

    code: lambda_.Code
    settings: Functions
    environment: Mapping[str, str]
    log_days: int


class Function(lambda_.Function):
    """One handler of lambda/: `launch.handler` is the function `handler` of `launch.py`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        package: Package,
        handler: str,
        timeout: Duration,
        permissions: Iterable[iam.PolicyStatement],
        reserved: int | None = None,
    ) -> None:
        settings = package.settings
        group = LogGroup(scope, f"{name}Logs", package.log_days)
        role = iam.Role(scope, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        group.grant_write(role)
        for statement in permissions:
            role.add_to_policy(statement)
        arm = settings.architecture == "arm64"
        super().__init__(
            scope,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
            handler=handler,
            code=package.code,
            memory_size=settings.memory_mb,
            timeout=timeout,
            environment=dict(package.environment),
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            role=role,
            reserved_concurrent_executions=reserved,
            tracing=lambda_.Tracing.ACTIVE if settings.tracing else lambda_.Tracing.DISABLED,
        )
        if settings.tracing:
            acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "X-Ray's actions for traces take no resource")
        acknowledge(self, "AwsSolutions-L1", "The image's Python, for which the packages are locked")
