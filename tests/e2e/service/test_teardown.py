"""The end of an environment, and another one in its place: after the scenarios of all other files.

The second one takes tokens, where the first took signatures.
"""

import time
from collections.abc import Iterator

import pytest
from harness.caller import Caller
from harness.deployment import deployed_for_tokens, destroy_service
from harness.issuer import AUDIENCE, Issuer, issuer

COUNT = "How many rows does each table have?"


@pytest.fixture(scope="module")
def resources(service, emulator) -> dict[str, list[str]]:
    """What the stack was made of, by type."""
    pages = emulator.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="kaiseki-e2e")
    found: dict[str, list[str]] = {}
    for entry in (entry for page in pages for entry in page["StackResourceSummaries"]):
        found.setdefault(entry["ResourceType"], []).append(entry["PhysicalResourceId"])
    return found


@pytest.fixture(scope="module")
def provider(emulator) -> Iterator[Issuer]:
    with issuer(emulator) as provider:
        yield provider


@pytest.fixture(scope="module")
def with_tokens(emulator, resources, provider):
    """The service deployed again, for callers with tokens."""
    return deployed_for_tokens(emulator, provider.url, AUDIENCE)


def test_destroying_an_environment_leaves_nothing_of_it(resources, service, emulator):
    s3, live = emulator.client("s3"), emulator.client("dynamodb")
    assert len(resources["AWS::S3::Bucket"]) == 2
    for bucket in resources["AWS::S3::Bucket"]:  # as docs/deploy.md has it: a bucket with bundles is not deleted
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    destroy_service(emulator)

    assert not set(resources["AWS::S3::Bucket"]) & {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert not set(resources["AWS::DynamoDB::Table"]) & set(live.list_tables()["TableNames"])
    functions = emulator.client("lambda").list_functions()["Functions"]
    assert not set(resources["AWS::Lambda::Function"]) & {function["FunctionName"] for function in functions}
    roles = emulator.client("iam").get_paginator("list_roles").paginate()
    assert not set(resources["AWS::IAM::Role"]) & {role["RoleName"] for page in roles for role in page["Roles"]}
    groups = emulator.client("logs").get_paginator("describe_log_groups").paginate()
    named = {group["logGroupName"] for page in groups for group in page["logGroups"]}
    assert not set(resources["AWS::Logs::LogGroup"]) & named
    assert emulator.client("apigatewayv2").get_apis()["Items"] == []


def test_it_is_deployed_again_with_tokens_in_place_of_signatures(with_tokens, emulator):
    (stack,) = emulator.client("cloudformation").describe_stacks(StackName="kaiseki-e2e")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_a_token_of_the_issuer_asks_and_owns_what_it_asked(with_tokens, emulator, provider):
    grace, heidi = (
        Caller(with_tokens.api, emulator.certificate, None, provider.token(subject, schemas=["public", "hr"]))
        for subject in ("grace", "heidi")
    )
    run_id = grace.ask(COUNT)
    assert grace.ended(run_id)["outcome"] == "answered"
    assert heidi.call("GET", f"/runs/{run_id}").status_code == 404


def test_a_token_that_names_no_schema_of_the_environment_reads_nothing(with_tokens, emulator, provider):
    caller = Caller(with_tokens.api, emulator.certificate, None, provider.token("grace", schemas=["hr"]))
    refused = caller.call("POST", "/prompt", {"prompt": COUNT})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "schemas.none")


@pytest.mark.parametrize(
    "claims",
    [{"exp": int(time.time()) - 60}, {"aud": "others"}, {"iss": "https://elsewhere"}],
    ids=["has expired", "is for others", "is of another issuer"],
)
def test_a_token_does_not_count_that(claims, with_tokens, emulator, provider):
    caller = Caller(with_tokens.api, emulator.certificate, None, provider.token("grace", **claims))
    assert caller.call("GET", "/runs").status_code == 401


def test_a_signature_does_not_count_where_tokens_are_asked_for(with_tokens, emulator, alice):
    caller = Caller(with_tokens.api, emulator.certificate, alice.credentials)
    assert caller.call("GET", "/runs").status_code == 401
