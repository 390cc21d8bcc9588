"""The bus on which each run tells how it ended, and a topic for who wants to hear it."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.permissions import allow

SOURCE = "kaiseki"


class RunEvents(Construct):
    """`bus`, and the topic `ended`, which takes the event `Run ended` as it is: subscribe to be told."""

    def __init__(self, scope: Construct, name: str, environment: str) -> None:
        super().__init__(scope, name)
        self.bus = events.EventBus(self, "Bus", event_bus_name=f"kaiseki-{environment}")
        self.ended = sns.Topic(self, "Ended", display_name=f"Kaiseki {environment}: runs that ended", enforce_ssl=True)
        events.Rule(
            self,
            "Rule",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=["Run ended"]),
            targets=[targets.SnsTopic(self.ended)],
        )

    def telling(self) -> iam.PolicyStatement:
        as_itself = {"StringEquals": {"events:source": SOURCE}}
        return allow(["events:PutEvents"], [self.bus.event_bus_arn], as_itself)
