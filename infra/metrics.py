"""The measurements of an environment: of its runs, which tell them as they end, and of the parts it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from infra.api import Api
from infra.functions import Function
from kaiseki.embedded_metrics import NAMESPACE

SOON = Duration.minutes(5)


@dataclass(frozen=True)
class Measured:
    LAUNCH_FAILURES: ClassVar[str] = "LaunchFailures"
    environment: str
    api: Api
    queue: sqs.Queue
    functions: Sequence[Function]

    @property
    def namespace(self) -> str:
        """Of what is counted in logs, where a metric cannot have the environment as a dimension."""
        return f"{NAMESPACE}/{self.environment}"

    def of_runs(self, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
        """`name` as the program and the functions tell it: Succeeded, Failed, Duration (s), Steps, Tokens, Usd ..."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"Environment": self.environment},
            statistic=statistic,
            period=period,
        )

    def failed_runs(self, period: Duration) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression="FILL(failed, 0) + FILL(timed_out, 0)",
            using_metrics={
                "failed": self.of_runs("Failed", "Sum", period),
                "timed_out": self.of_runs("TimedOut", "Sum", period),
            },
            label="failed runs",
            period=period,
        )

    def dollars(self, period: Duration) -> cloudwatch.Metric:
        return self.of_runs("Usd", "Sum", period)

    def launch_failures(self) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self.namespace, metric_name=self.LAUNCH_FAILURES, statistic="Sum", period=SOON
        )

    def server_errors(self) -> cloudwatch.Metric:
        return self.api.http_api.metric_server_error(statistic="Sum", period=SOON)

    def function_errors(self) -> cloudwatch.MathExpression:
        names = [f"errors{number}" for number in range(len(self.functions))]
        metrics = [function.metric_errors(statistic="Sum", period=SOON) for function in self.functions]
        return cloudwatch.MathExpression(
            expression=" + ".join(f"FILL({name}, 0)" for name in names),
            using_metrics=dict(zip(names, metrics, strict=True)),
            label="errors of functions",
            period=SOON,
        )

    def oldest_message(self) -> cloudwatch.Metric:
        return self.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=SOON)
