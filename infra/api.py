"""The HTTP API: who may call, how often, and what is written down of it."""

import json
from typing import Any

import jsii
from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.functions import Function, Package
from infra.log_group import LogGroup
from infra.settings import Api as ApiSettings
from infra.settings import Iam, Jwt

ROUTES: tuple[tuple[str, http.HttpMethod], ...] = (
    ("/prompt", http.HttpMethod.POST),
    ("/uploads", http.HttpMethod.POST),
    ("/runs", http.HttpMethod.GET),
    ("/runs/{run_id}", http.HttpMethod.GET),
    ("/runs/{run_id}", http.HttpMethod.DELETE),
)
LOGGED = {
    "at": "$context.requestTime",
    "request_id": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "address": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "subject": "$context.authorizer.claims.sub",
    "refused": "$context.authorizer.error",
    "error": "$context.error.message",
    "integration_error": "$context.integrationErrorMessage",
}


class Api(Construct):
    """`url` without a slash at its end, the `function` behind it, `http_api`. No route is open, none takes the rest."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        settings: ApiSettings,
        package: Package,
        permissions: list[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, name)
        self.function = Function(
            self,
            "Function",
            package,
            "cold_start.handler",
            Duration.seconds(29),
            permissions,
            package.settings.reserved,
        )
        self.http_api = http.HttpApi(
            self,
            "HttpApi",
            create_default_stage=False,
            default_authorizer=_authorizer(settings.callers),
            description="Asks the warehouse questions",
        )
        behind = integrations.HttpLambdaIntegration("Function", self.function)
        for path, method in ROUTES:
            self.http_api.add_routes(path=path, methods=[method], integration=behind)
        group = LogGroup(self, "AccessLogs", package.log_days)
        http.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=http.ThrottleSettings(rate_limit=settings.requests_per_second, burst_limit=settings.burst),
            access_log_settings=_AccessLogs(group),
            detailed_metrics_enabled=True,
        )
        self.url = self.http_api.api_endpoint


@jsii.implements(http.IAccessLogSettings)
class _AccessLogs:
    def __init__(self, group: logs.ILogGroup) -> None:
        self._group = group

    @property
    def destination(self) -> http.IAccessLogDestination:
        return http.LogGroupLogDestination(self._group)

    @property
    def format(self) -> Any:
        from aws_cdk.aws_apigateway import AccessLogFormat

        return AccessLogFormat.custom(json.dumps(LOGGED))


def _authorizer(callers: Iam | Jwt) -> http.IHttpRouteAuthorizer:
    if isinstance(callers, Jwt):
        return authorizers.HttpJwtAuthorizer("Jwt", callers.issuer, jwt_audience=list(callers.audience))
    return authorizers.HttpIamAuthorizer()
