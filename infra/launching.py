"""What starts tasks when capacity was short, and what closes runs whose task ended without a word."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.functions import Function, Package
from infra.runner import Runner

TIMEOUT = Duration.seconds(60)
TRIES = 5  # of a message whose handling raises; a run that finds no capacity gets a new message each time


class LaunchQueue(Construct):
    """Runs that wait for capacity: `queue`, and `dead_letters` for messages that nobody could handle."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.dead_letters = _queue(self, "DeadLetters", retention=Duration.days(14))
        self.queue = _queue(
            self,
            "Queue",
            retention=Duration.days(2),
            visibility=Duration.seconds(6 * TIMEOUT.to_seconds()),
            dead_letters=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )


class Launcher(Construct):
    """Tries again to start the tasks of waiting runs."""

    def __init__(
        self, scope: Construct, name: str, package: Package, queue: LaunchQueue, permissions: list[iam.PolicyStatement]
    ) -> None:
        super().__init__(scope, name)
        self.function = Function(self, "Function", package, "launch.handler", TIMEOUT, permissions)
        # Few at a time: what waits here waits because ECS starts no more than it does.
        source = event_sources.SqsEventSource(
            queue.queue, batch_size=10, report_batch_item_failures=True, max_concurrency=2
        )
        self.function.add_event_source(source)


class TaskEvents(Construct):
    """Told by ECS, sometimes twice and out of order, when a task of this environment runs or stops."""

    def __init__(
        self, scope: Construct, name: str, package: Package, runner: Runner, permissions: list[iam.PolicyStatement]
    ) -> None:
        super().__init__(scope, name)
        self.function = Function(self, "Function", package, "task_events.handler", TIMEOUT, permissions)
        self.dead_letters = _queue(self, "DeadLetters", retention=Duration.days(14))
        acknowledge(self.dead_letters, "AwsSolutions-SQS3", "It holds the dead letters of a rule, not of a queue")
        pattern = events.EventPattern(
            source=["aws.ecs"],
            detail_type=["ECS Task State Change"],
            detail={
                "clusterArn": [runner.cluster.cluster_arn],
                "group": [f"family:{runner.definition.family}"],
                "lastStatus": ["RUNNING", "STOPPED"],
            },
        )
        told = targets.LambdaFunction(
            self.function, dead_letter_queue=self.dead_letters, max_event_age=Duration.hours(2), retry_attempts=10
        )
        events.Rule(self, "Rule", event_pattern=pattern, targets=[told])


class Reconciler(Construct):
    """Looks every minute for runs that nothing else would end."""

    def __init__(self, scope: Construct, name: str, package: Package, permissions: list[iam.PolicyStatement]) -> None:
        super().__init__(scope, name)
        self.function = Function(self, "Function", package, "reconcile.handler", TIMEOUT, permissions)
        # A look that failed is made good by the next one.
        look = targets.LambdaFunction(self.function, retry_attempts=0, max_event_age=Duration.minutes(1))
        events.Rule(self, "Rule", schedule=events.Schedule.rate(Duration.minutes(1)), targets=[look])


def _queue(
    scope: Construct,
    name: str,
    retention: Duration,
    visibility: Duration | None = None,
    dead_letters: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    return sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=retention,
        visibility_timeout=visibility,
        dead_letter_queue=dead_letters,
    )
