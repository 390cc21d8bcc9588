"""Where AWS's region is set, for every session of botocore: boto3 alone overlooks AWS_REGION, which AWS's other tools
and its containers set."""

from typing import Final

REGION_VARIABLES: Final = {"region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None)}
