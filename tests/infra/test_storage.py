"""The bucket and the table: closed, encrypted, kept as long as they should be."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from infra.environments import Environment
from infra.settings import Storage

Synthesized = Callable[[Environment], Template]
NINETY_DAYS = Environment("dev", storage=Storage(runs_kept=90))


def bundles(template: Template) -> dict[str, Any]:
    (bucket,) = template.find_resources(
        "AWS::S3::Bucket", {"Properties": {"LoggingConfiguration": Match.any_value()}}
    ).values()
    return dict(bucket)


def lifecycle(template: Template) -> dict[str, dict[str, Any]]:
    return {rule["Id"]: rule for rule in bundles(template)["Properties"]["LifecycleConfiguration"]["Rules"]}


def test_no_bucket_is_ever_public(trial: Template) -> None:
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    trial.all_resources_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": closed,
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    )


def test_every_bucket_refuses_what_is_not_tls(trial: Template) -> None:
    trial.resource_count_is("AWS::S3::BucketPolicy", 2)
    refused = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    for policy in trial.find_resources("AWS::S3::BucketPolicy").values():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert any(refused.items() <= statement.items() for statement in statements)


def test_uploads_and_staged_rows_go_after_a_day_and_leftovers_after_a_while(trial: Template) -> None:
    rules = lifecycle(trial)
    assert (rules["uploads"]["Prefix"], rules["uploads"]["ExpirationInDays"]) == ("uploads/", 1)
    assert (rules["staging"]["Prefix"], rules["staging"]["ExpirationInDays"]) == ("staging/", 1)
    assert rules["staging"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert (rules["catalogs"]["Prefix"], rules["catalogs"]["ExpirationInDays"]) == ("catalogs/", 30)
    assert rules["leftovers"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["leftovers"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_bundles_are_kept_for_good_unless_a_setting_says_how_long(trial: Template, synthesized: Synthesized) -> None:
    assert "runs" not in lifecycle(trial)
    rule = lifecycle(synthesized(NINETY_DAYS))["runs"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("runs/", 90)


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table"])
def test_data_outlives_the_stack_in_prod_alone(trial: Template, prod: Template, kind: str) -> None:
    assert {resource["DeletionPolicy"] for resource in prod.find_resources(kind).values()} == {"Retain"}
    assert {resource["DeletionPolicy"] for resource in trial.find_resources(kind).values()} == {"Delete"}


def test_a_key_of_its_own_encrypts_bucket_and_table_by_setting(trial: Template, prod: Template) -> None:
    trial.resource_count_is("AWS::KMS::Key", 0)
    prod.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    (rule,) = bundles(prod)["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    prod.has_resource_properties(
        "AWS::DynamoDB::Table", {"SSESpecification": Match.object_like({"SSEEnabled": True, "SSEType": "KMS"})}
    )


def test_the_table_has_the_keys_and_indexes_of_the_records(trial: Template) -> None:
    def keys(partition: str, sort: str) -> list[dict[str, str]]:
        return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]

    everything = {"ProjectionType": "ALL"}
    trial.has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {"IndexName": "by_owner", "KeySchema": keys("owner", "run_id"), "Projection": everything},
                {"IndexName": "live", "KeySchema": keys("live", "changed_at"), "Projection": everything},
            ],
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )


def test_the_table_of_prod_cannot_be_deleted(trial: Template, prod: Template) -> None:
    prod.has_resource_properties("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": True})
    trial.has_resource_properties("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": False})
