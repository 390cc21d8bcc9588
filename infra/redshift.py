"""Amazon Redshift, there already or made here: who may connect to it, and as whom."""

from dataclasses import dataclass

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as serverless
from constructs import Construct

from infra.environments import Environment
from infra.network import Network
from infra.permissions import allow
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, NewWorkgroup
from infra.storage import Storage

PORT = ec2.Port.tcp(5439)
LOGS = ["userlog", "connectionlog", "useractivitylog"]


@dataclass(frozen=True)
class Redshift:
    """`location`, as KAISEKI_WAREHOUSE has it; `signing_in`, what a role needs for it; `connections` to its port."""

    location: str
    signing_in: iam.PolicyStatement
    connections: ec2.Connections


def existing_workgroup(scope: Construct, settings: ExistingWorkgroup) -> Redshift:
    arn = f"arn:{Aws.PARTITION}:redshift-serverless:{Aws.REGION}:{Aws.ACCOUNT_ID}:workgroup/{settings.workgroup_id}"
    location = f"redshift:serverless/{settings.workgroup}/{settings.database}"
    return Redshift(location, _signing_in_to_workgroup(arn), _existing_group(scope, settings.security_group_id))


def existing_cluster(scope: Construct, settings: ExistingCluster) -> Redshift:
    """The database user is the role's own, `IAMR:<role>`: credentials of other users cannot be asked for."""
    redshift = f"arn:{Aws.PARTITION}:redshift:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    signing_in = allow(
        ["redshift:GetClusterCredentialsWithIAM", "redshift:DescribeClusters"],
        [f"{redshift}:dbname:{settings.cluster}/{settings.database}", f"{redshift}:cluster:{settings.cluster}"],
    )
    location = f"redshift:cluster/{settings.cluster}/{settings.database}"
    return Redshift(location, signing_in, _existing_group(scope, settings.security_group_id))


class NewRedshift(Construct):
    """A workgroup of its own: `redshift`, the `workgroup`, its `namespace`, and the role `copying` that COPY takes.

    Of the role `unloading` UNLOAD takes.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        settings: NewWorkgroup,
        environment: Environment,
        network: Network,
        storage: Storage,
        unloading: iam.Role,
    ) -> None:
        super().__init__(scope, name)
        group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="The warehouse: tasks connect to it", allow_all_outbound=False
        )
        # COPY goes through the network too (enhanced VPC routing).
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to AWS")
        self.copying = iam.Role(
            self,
            "Copying",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("redshift-serverless.amazonaws.com"),
                iam.ServicePrincipal("redshift.amazonaws.com"),
            ),
        )
        self.namespace = serverless.CfnNamespace(
            self,
            "Namespace",
            namespace_name=environment.family,
            db_name=settings.database,
            admin_username="admin",
            manage_admin_password=True,
            iam_roles=[self.copying.role_arn, unloading.role_arn],
            default_iam_role_arn=self.copying.role_arn,
            kms_key_id=storage.key.key_arn if storage.key else None,
            log_exports=LOGS,
        )
        # The data outlive the stack; the workgroup goes, or its network could not.
        self.namespace.apply_removal_policy(RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY)
        self.workgroup = serverless.CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=environment.family,
            namespace_name=self.namespace.namespace_name,
            base_capacity=settings.base_rpu,
            max_capacity=settings.max_rpu,
            publicly_accessible=False,
            enhanced_vpc_routing=True,
            subnet_ids=network.subnet_ids,
            security_group_ids=[group.security_group_id],
            config_parameters=[{"parameterKey": "require_ssl", "parameterValue": "true"}],
        )
        self.workgroup.add_resource_dependency(self.namespace)
        self.workgroup.node.add_dependency(network.vpc)  # COPY finds its way to S3
        arn = self.workgroup.attr_workgroup_workgroup_arn
        location = f"redshift:serverless/{self.workgroup.workgroup_name}/{settings.database}"
        self.redshift = Redshift(location, _signing_in_to_workgroup(arn), _connections(group))


def _signing_in_to_workgroup(arn: str) -> iam.PolicyStatement:
    """As the database user of the role itself, `IAMR:<role>`; the address is read from the workgroup."""
    return allow(["redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"], [arn])


def _existing_group(scope: Construct, group: str) -> ec2.Connections:
    """Its rules stay as they are, but for one more that admits the tasks."""
    return _connections(ec2.SecurityGroup.from_security_group_id(scope, "WarehouseGroup", group))


def _connections(group: ec2.ISecurityGroup) -> ec2.Connections:
    return ec2.Connections(security_groups=[group], default_port=PORT)
