from pathlib import Path
from typing import Any, Literal

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra.lambda_asset import ROOT, build_lambda_asset


def lambda_code(architecture: Literal["arm64", "x86_64"]) -> lambda_.Code:
    """The package of the functions, built on this machine, without docker, when the stack is really synthesized."""
    bundling = BundlingOptions(image=DockerImage.from_registry("none"), local=_OnThisMachine(architecture))
    return lambda_.Code.from_asset(str(ROOT / "lambda"), bundling=bundling, asset_hash_type=AssetHashType.OUTPUT)


@jsii.implements(ILocalBundling)
class _OnThisMachine:
    def __init__(self, architecture: Literal["arm64", "x86_64"]) -> None:
        self._architecture = architecture

    def try_bundle(self, output_dir: str, *_options: Any, **_more: Any) -> bool:
        build_lambda_asset(Path(output_dir), self._architecture)
        return True
