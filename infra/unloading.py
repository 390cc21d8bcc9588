"""How large results leave Redshift: by a role that may write below one prefix, which tasks read and empty."""

from collections.abc import Sequence

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import permissions
from infra.runner import Runner
from infra.storage import STAGING, Storage
from kaiseki.warehouses.redshift.grants import user_of_role

ROLE, PLACE = "KAISEKI_UNLOAD_ROLE", "KAISEKI_UNLOAD_TO"
SERVICES = ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com")


class Unloading(Construct):
    """`role`, which Redshift takes for the tasks' own user alone; the warehouse must have it among its roles."""

    def __init__(
        self, scope: Construct, name: str, warehouses: Sequence[str], runner: Runner, storage: Storage
    ) -> None:
        """`warehouses`: as the ARNs of its users name the one warehouse; see `of_cluster` and `of_workgroup`."""
        super().__init__(scope, name)
        account = f"arn:{Aws.PARTITION}:redshift:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        user = user_of_role(runner.task.role_name)
        users = [f"{account}:dbuser:{warehouse}/{user}" for warehouse in warehouses]
        for_user = {"StringLike": {"sts:ExternalId": users}}
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(
                *(iam.ServicePrincipal(service).with_conditions(for_user) for service in SERVICES)
            ),
            description="Redshift writes large results as it",
        )
        for statement in permissions.unloading(storage):
            self.role.add_to_policy(statement)
        for statement in permissions.reading_unloaded(storage):
            runner.task.add_to_policy(statement)
        runner.container.add_environment(ROLE, self.role.role_arn)
        runner.container.add_environment(PLACE, f"s3://{storage.bucket.bucket_name}/{STAGING.rstrip('/')}")
        CfnOutput(self, "RoleArn", value=self.role.role_arn)


def of_cluster(name: str) -> tuple[str, ...]:
    return (name,)


def of_workgroup(name: str, workgroup_id: str = "*") -> tuple[str, ...]:
    """The forms of today's documentation and of the former one.

    Of a workgroup that is made here the id is not known: it is made after its namespace, and that after its roles.
    """
    return f"serverless-{Aws.ACCOUNT_ID}-{workgroup_id}", name
