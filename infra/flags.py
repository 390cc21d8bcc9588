"""Ways of the CDK that are chosen for good, so that `python app.py`, the CLI and the tests synthesize the same."""

FLAGS: dict[str, object] = {
    "@aws-cdk/aws-apigateway:disableCloudWatchRole": True,
    "@aws-cdk/aws-ecs:reduceStarPermissions": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "aws-cdk:enableDiffNoFail": True,
}
