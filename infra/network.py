"""The network that tasks run in: private subnets, and a way to AWS."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.log_group import LogGroup
from infra.settings import ExistingNetwork, Monitoring, NewNetwork

SUBNETS = "private"


class Network(Construct):
    """`vpc`, its private `subnets`, and for a task the security group `tasks` without ingress.

    services    the interface endpoints that the tasks need, by name of the service; the gateway endpoints of S3 and
                DynamoDB cost nothing and are always there
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        settings: NewNetwork | ExistingNetwork,
        monitoring: Monitoring,
        zones: list[str],
        services: list[str],
    ) -> None:
        super().__init__(scope, name)
        self.vpc: ec2.IVpc
        if isinstance(settings, ExistingNetwork):
            self.vpc = ec2.Vpc.from_vpc_attributes(
                self,
                "Vpc",
                vpc_id=settings.vpc_id,
                # As many names as subnets are asked for; none of them is used.
                availability_zones=[f"zone-{subnet}" for subnet in settings.private_subnet_ids],
                private_subnet_ids=list(settings.private_subnet_ids),
            )
            self.subnet_ids = list(settings.private_subnet_ids)
        else:
            self.vpc = _new_vpc(self, settings, zones)
            self.subnet_ids = [
                subnet.subnet_id for subnet in self.vpc.select_subnets(subnet_group_name=SUBNETS).subnets
            ]
            if settings.way_out == "endpoints":
                _Endpoints(self, "Endpoints", self.vpc, settings.cidr, zones[: settings.endpoint_zones], services)
            if settings.flow_logs:
                _FlowLogs(self, "FlowLogs", self.vpc, monitoring)
            else:
                acknowledge(self.vpc, "AwsSolutions-VPC7", "Flow logs are a setting, and it turns them off")
        self.tasks = ec2.SecurityGroup(
            self, "Tasks", vpc=self.vpc, description="Tasks of runs: nobody connects to them", allow_all_outbound=False
        )
        # S3 and DynamoDB are reached at public addresses, through the gateway endpoints; without NAT no others answer.
        self.tasks.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to AWS")


def _new_vpc(scope: Construct, settings: NewNetwork, zones: list[str]) -> ec2.Vpc:
    nat = settings.way_out == "nat"
    private = ec2.SubnetType.PRIVATE_WITH_EGRESS if nat else ec2.SubnetType.PRIVATE_ISOLATED
    subnets = [ec2.SubnetConfiguration(name=SUBNETS, subnet_type=private)]
    if nat:
        public = ec2.SubnetConfiguration(
            name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
        )
        subnets.append(public)
    gateways = {
        "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
        "DynamoDB": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
    }
    return ec2.Vpc(
        scope,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
        availability_zones=zones,
        nat_gateways=settings.nat_gateways if nat else 0,
        subnet_configuration=subnets,
        gateway_endpoints=gateways,
        # To empty the default group takes a function with rights over security groups; nothing here is put into it.
        restrict_default_security_group=False,
    )


class _Endpoints(Construct):
    def __init__(
        self, scope: Construct, name: str, vpc: ec2.IVpc, cidr: str, zones: list[str], services: list[str]
    ) -> None:
        super().__init__(scope, name)
        group = ec2.SecurityGroup(
            self, "Group", vpc=vpc, description="Endpoints of AWS in this network", allow_all_outbound=False
        )
        group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "HTTPS from this network")
        for service in services:
            ec2.InterfaceVpcEndpoint(
                self,
                service,
                vpc=vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=ec2.SubnetSelection(subnet_group_name=SUBNETS, availability_zones=zones),
                security_groups=[group],
                open=False,
            )


class _FlowLogs(Construct):
    def __init__(self, scope: Construct, name: str, vpc: ec2.IVpc, monitoring: Monitoring) -> None:
        super().__init__(scope, name)
        group = LogGroup(self, "Logs", monitoring.log_days)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(group, role)
        ec2.FlowLog(self, "FlowLog", resource_type=ec2.FlowLogResourceType.from_vpc(vpc), destination=destination)
