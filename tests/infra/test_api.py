"""Every route asks who is calling; calls are throttled and written down."""

import json
from collections.abc import Callable

from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings import Api, Functions, Iam, Jwt

Synthesized = Callable[[Environment], Template]
ROUTES = {"POST /prompt", "POST /uploads", "GET /runs", "GET /runs/{run_id}", "DELETE /runs/{run_id}"}
TOKENS = Environment("dev", api=Api(callers=Jwt("https://issuer.example/", ("kaiseki",))))
CHOSEN = Environment(
    "dev",
    api=Api(callers=Iam(owner="role"), requests_per_second=7, burst=9, link_seconds=60),
    functions=Functions(architecture="x86_64", memory_mb=1_024, reserved=25, tracing=True),
)


def test_there_are_the_routes_of_the_contract_and_none_for_the_rest(trial: Template) -> None:
    routes = trial.find_resources("AWS::ApiGatewayV2::Route").values()
    assert {route["Properties"]["RouteKey"] for route in routes} == ROUTES
    trial.all_resources_properties("AWS::ApiGatewayV2::Route", {"AuthorizationType": "AWS_IAM"})


def test_callers_bring_tokens_by_setting(synthesized: Synthesized) -> None:
    template = synthesized(TOKENS)
    template.all_resources_properties(
        "AWS::ApiGatewayV2::Route", {"AuthorizationType": "JWT", "AuthorizerId": Match.any_value()}
    )
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Authorizer",
        {
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": "https://issuer.example/", "Audience": ["kaiseki"]},
        },
    )


def test_calls_are_throttled(trial: Template, synthesized: Synthesized) -> None:
    for template, rate, burst in ((trial, 20, 40), (synthesized(CHOSEN), 7, 9)):
        template.has_resource_properties(
            "AWS::ApiGatewayV2::Stage",
            {
                "StageName": "$default",
                "AutoDeploy": True,
                "DefaultRouteSettings": Match.object_like({"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}),
            },
        )


def test_each_call_is_written_down_as_json_with_its_caller(trial: Template) -> None:
    (stage,) = trial.find_resources("AWS::ApiGatewayV2::Stage").values()
    logged = stage["Properties"]["AccessLogSettings"]
    assert logged["DestinationArn"]["Fn::GetAtt"][0].startswith("ApiAccessLogs")
    assert {"caller", "subject", "status", "route", "address"} <= set(json.loads(logged["Format"]))


def test_the_function_answers_before_the_api_gives_up(trial: Template) -> None:
    trial.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "cold_start.handler",
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Timeout": 29,
            "ReservedConcurrentExecutions": Match.absent(),
            "TracingConfig": Match.absent(),
        },
    )


def test_architecture_memory_concurrency_and_tracing_are_settings(synthesized: Synthesized) -> None:
    synthesized(CHOSEN).has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "cold_start.handler",
            "Architectures": ["x86_64"],
            "MemorySize": 1_024,
            "ReservedConcurrentExecutions": 25,
            "TracingConfig": {"Mode": "Active"},
            "Environment": {
                "Variables": Match.object_like({"KAISEKI_OWNER": "role", "KAISEKI_LINK_SECONDS": "60"}),
            },
        },
    )


def test_reserved_calls_are_the_apis_alone(synthesized: Synthesized) -> None:
    functions = synthesized(CHOSEN).find_resources("AWS::Lambda::Function").values()
    reserved = {f["Properties"]["Handler"] for f in functions if "ReservedConcurrentExecutions" in f["Properties"]}
    assert reserved == {"cold_start.handler"}


def test_logs_are_kept_as_long_as_the_setting_says(trial: Template, prod: Template) -> None:
    trial.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})
    prod.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 180})
