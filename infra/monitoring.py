"""What tells a person that something is wrong, and one page that shows how the environment does."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.api import Api
from infra.dashboard import add_dashboard
from infra.environments import Environment
from infra.functions import Function
from infra.launching import LaunchQueue, TaskEvents
from infra.metrics import Measured

STALE_MESSAGE = Duration.minutes(30)  # a run that waits gets a new message at least every 15 minutes


class Monitoring(Construct):
    """`alarms`, the topic that they go to, and a dashboard by setting."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        environment: Environment,
        api: Api,
        launch_queue: LaunchQueue,
        task_events: TaskEvents,
        functions: Sequence[Function],
    ) -> None:
        super().__init__(scope, name)
        settings = environment.monitoring
        self.alarms = _topic(self, environment.name, settings.emails)
        measured = Measured(environment.name, api, launch_queue.queue, functions)
        for number, function in enumerate(functions):
            _count_launch_failures(self, f"LaunchFailures{number}", function, measured)
        self._alarm(
            "FailedRuns", measured.failed_runs(Duration.hours(1)), settings.failed_runs, "Runs fail: see their `reason`"
        )
        self._alarm("LaunchFailures", measured.launch_failures(), 1, "ECS refuses to start tasks, and not for capacity")
        self._alarm("ServerErrors", measured.server_errors(), 5, "The API answers with 5xx")
        self._alarm("FunctionErrors", measured.function_errors(), 3, "A function of the service fails")
        self._alarm(
            "StaleQueue",
            measured.oldest_message(),
            STALE_MESSAGE.to_seconds(),
            "Nobody takes runs from the launch queue",
        )
        self._alarm(
            "Dollars", measured.dollars(Duration.days(1)), settings.usd_per_day, "Models cost more today than foreseen"
        )
        for name_, queue in (
            ("LaunchDeadLetters", launch_queue.dead_letters),
            ("EventDeadLetters", task_events.dead_letters),
        ):
            self._alarm(
                name_, _waiting(queue), 1, "Messages that nobody could handle: read them, mend, send them again"
            )
        if settings.dashboard:
            add_dashboard(self, environment.name, measured)

    def _alarm(self, name: str, metric: cloudwatch.IMetric, threshold: float, description: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.alarms))


def _topic(scope: Construct, environment: str, emails: Sequence[str]) -> sns.Topic:
    topic = sns.Topic(scope, "Alarms", display_name=f"Kaiseki {environment}: alarms", enforce_ssl=True)
    # A topic with a policy of its own admits nobody but whom it names.
    alarms = iam.PolicyStatement(
        actions=["sns:Publish"],
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
    topic.add_to_resource_policy(alarms)
    for email in emails:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic


def _count_launch_failures(scope: Construct, name: str, function: Function, measured: Measured) -> None:
    """From the line that the function writes of each decision."""
    logs.MetricFilter(
        scope,
        name,
        log_group=function.log_group,
        filter_pattern=logs.FilterPattern.literal('{ $.decision = "ended" && $.reason = "launch.failed" }'),
        metric_namespace=measured.namespace,
        metric_name=measured.LAUNCH_FAILURES,
        default_value=0,
    )


def _waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(5), statistic="Maximum")
