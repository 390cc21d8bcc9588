"""One page of CloudWatch: how runs end, what they take, what waits, and what callers see."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.metrics import SOON, Measured

HOUR, DAY = Duration.hours(1), Duration.days(1)
WIDTH, HEIGHT = 8, 6  # three in a row


def add_dashboard(scope: Construct, environment: str, measured: Measured) -> cloudwatch.Dashboard:
    def graph(title: str, *metrics: cloudwatch.IMetric, stacked: bool = False) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, left=list(metrics), stacked=stacked, width=WIDTH, height=HEIGHT)

    ends = [measured.of_runs(end, "Sum", HOUR) for end in ("Succeeded", "Failed", "Cancelled", "TimedOut")]
    api = measured.api.http_api
    calls = [api.metric_count(statistic="Sum", period=SOON), api.metric_client_error(statistic="Sum", period=SOON)]
    dashboard = cloudwatch.Dashboard(
        scope, "Dashboard", dashboard_name=f"kaiseki-{environment}", default_interval=Duration.days(7)
    )
    dashboard.add_widgets(
        graph("How runs end, per hour", *ends, stacked=True),
        graph("Seconds of a run", *(measured.of_runs("Duration", of, HOUR) for of in ("p50", "p95"))),
        graph("Dollars for models, per day", measured.dollars(DAY)),
    )
    dashboard.add_widgets(
        graph("Steps and repairs of a run", *(measured.of_runs(of, "Average", HOUR) for of in ("Steps", "Repairs"))),
        graph("Tokens, per hour", measured.of_runs("Tokens", "Sum", HOUR)),
        graph("Runs that wait: age of the oldest message (s)", measured.oldest_message()),
    )
    dashboard.add_widgets(
        graph("Calls", *calls, measured.server_errors()),
        graph("Milliseconds of an answer", *(api.metric_latency(statistic=of, period=SOON) for of in ("p50", "p99"))),
        graph("What went wrong", measured.launch_failures(), measured.function_errors()),
    )
    return dashboard
