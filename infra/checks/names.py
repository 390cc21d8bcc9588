"""Names for what a template leaves open until it is deployed, so that its policies can be read."""

import re
from collections.abc import Mapping
from typing import Any

ACCOUNT, REGION = "111122223333", "us-east-1"
_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::URLSuffix": "amazonaws.com"}
# Type of resource -> its ARN, `{}` being its logical id.
_ARNS = {
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{{}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::ECR::Repository": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{{}}",
    "AWS::ECS::Cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{{}}",
    "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::RedshiftServerless::Namespace": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/{{}}",
    "AWS::RedshiftServerless::Workgroup": f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
}
_BY_REF = frozenset({"AWS::SNS::Topic"})  # a Ref to these is their ARN already


class Names:
    def __init__(self, template: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Any] = template["Resources"]

    def text(self, value: Any) -> str:
        """Raises NotImplementedError for a function or a resource that no policy here has named before."""
        match value:
            case str():
                return value
            case {"Ref": str(name)}:
                if name in _PSEUDO:
                    return _PSEUDO[name]
                type_ = self._resources.get(name, {}).get("Type", "")
                return self.arn(name) if type_ in _BY_REF else name
            case {"Fn::GetAtt": [str(name), str(attribute)]} if attribute.endswith("Arn"):
                return self.arn(name)
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.text(part) for part in parts)
            case {"Fn::Select": [int(index), parts]}:
                return self._list(parts)[index]
            case {"Fn::Sub": str(pattern)}:
                for name, meant in _PSEUDO.items():
                    pattern = pattern.replace(f"${{{name}}}", meant)
                return pattern
        raise NotImplementedError(f"the value {value}")

    def arn(self, name: str) -> str:
        type_ = self._resources[name]["Type"]
        if type_ not in _ARNS:
            raise NotImplementedError(f"the ARN of a {type_}")
        return _ARNS[type_].format(name)

    def arns(self, type_: str, path: str = "") -> list[str]:
        """Of the resources of a type, or of the one at this path: the CDK adds eight hexadecimal digits to it."""
        fitting = re.compile(f"{path}[0-9A-F]{{8}}" if path else ".*")
        return [
            self.arn(name)
            for name, resource in self._resources.items()
            if resource["Type"] == type_ and fitting.fullmatch(name)
        ]

    def the_arn(self, type_: str, path: str = "") -> str:
        (found,) = self.arns(type_, path)
        return found

    def _list(self, parts: Any) -> list[str]:
        match parts:
            case {"Fn::Split": [str(separator), text]}:
                return self.text(text).split(separator)
            case list():
                return [self.text(part) for part in parts]
        raise NotImplementedError(f"the list {parts}")
