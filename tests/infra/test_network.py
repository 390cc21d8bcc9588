"""Tasks run in private subnets of three zones, and reach AWS by the way that was chosen."""

from collections.abc import Callable

from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings import ExistingNetwork, NewNetwork
from infra.settings_warehouse import ExistingCluster

Synthesized = Callable[[Environment], Template]
NAT = Environment("dev", network=NewNetwork(way_out="nat", flow_logs=False))
ONE_ZONE = Environment("dev", network=NewNetwork(endpoint_zones=1))
EXISTING = Environment(
    "dev",
    network=ExistingNetwork("vpc-0123456789abcdef0", ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")),
    warehouse=ExistingCluster("sales", "prod", "sg-0123456789abcdef0"),
)


def interface_endpoints(template: Template) -> dict[str, int]:
    """Service -> in how many subnets it has an address."""
    found = template.find_resources("AWS::EC2::VPCEndpoint", {"Properties": {"VpcEndpointType": "Interface"}})
    return {
        e["Properties"]["ServiceName"]["Fn::Join"][1][-1].lstrip("."): len(e["Properties"]["SubnetIds"])
        for e in found.values()
    }


def test_three_private_subnets_lie_in_three_zones_whatever_the_region(trial: Template) -> None:
    subnets = trial.find_resources("AWS::EC2::Subnet").values()
    assert [s["Properties"]["AvailabilityZone"]["Fn::Select"][0] for s in subnets] == [0, 1, 2]
    assert not any(s["Properties"]["MapPublicIpOnLaunch"] for s in subnets)
    trial.resource_count_is("AWS::EC2::NatGateway", 0)
    trial.resource_count_is("AWS::EC2::InternetGateway", 0)


def test_s3_and_dynamodb_are_reached_without_an_hourly_price(trial: Template, synthesized: Synthesized) -> None:
    for template in (trial, synthesized(NAT)):
        gateways = template.find_resources("AWS::EC2::VPCEndpoint", {"Properties": {"VpcEndpointType": "Gateway"}})
        assert len(gateways) == 2


def test_only_endpoints_that_a_task_calls_are_paid_for(trial: Template, prod: Template) -> None:
    always = {"ecr.api", "ecr.dkr", "logs", "events", "bedrock-runtime"}
    assert {*interface_endpoints(trial)} == always
    assert {*interface_endpoints(prod)} == always | {"redshift-serverless"}


def test_endpoints_stand_in_as_many_zones_as_are_paid_for(trial: Template, synthesized: Synthesized) -> None:
    assert set(interface_endpoints(trial).values()) == {3}
    assert set(interface_endpoints(synthesized(ONE_ZONE)).values()) == {1}


def test_nat_takes_the_place_of_interface_endpoints(synthesized: Synthesized) -> None:
    template = synthesized(NAT)
    template.resource_count_is("AWS::EC2::NatGateway", 1)
    assert interface_endpoints(template) == {}


def test_nobody_may_connect_to_a_task_and_tasks_connect_by_https_alone(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": Match.string_like_regexp("Tasks of runs"),
            "SecurityGroupIngress": Match.absent(),
            "SecurityGroupEgress": [Match.object_like({"FromPort": 443, "ToPort": 443, "IpProtocol": "tcp"})],
        },
    )
    trial.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


def test_endpoints_take_https_from_this_network_alone(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": Match.string_like_regexp("Endpoints"),
            "SecurityGroupIngress": [Match.object_like({"CidrIp": "10.71.0.0/16", "FromPort": 443, "ToPort": 443})],
        },
    )


def test_flow_logs_are_kept_by_setting(trial: Template, synthesized: Synthesized) -> None:
    trial.has_resource_properties("AWS::EC2::FlowLog", {"ResourceType": "VPC", "TrafficType": "ALL"})
    synthesized(NAT).resource_count_is("AWS::EC2::FlowLog", 0)


def test_an_existing_network_is_used_as_it_is(synthesized: Synthesized) -> None:
    template = synthesized(EXISTING)
    template.resource_count_is("AWS::EC2::VPC", 0)
    template.resource_count_is("AWS::EC2::VPCEndpoint", 0)
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "launch.handler",
            "Environment": {
                "Variables": Match.object_like({"KAISEKI_SUBNETS": "subnet-0123456789abcdef0,subnet-0123456789abcdef1"})
            },
        },
    )
