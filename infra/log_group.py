from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


class LogGroup(logs.LogGroup):
    """Logs, kept for so many days, one of `settings.LOG_DAYS`, and with the stack: none of them is the only record."""

    def __init__(self, scope: Construct, name: str, days: int) -> None:
        super().__init__(scope, name, removal_policy=RemovalPolicy.DESTROY)
        cast(logs.CfnLogGroup, self.node.default_child).retention_in_days = days
