"""Where an environment's API is: the deployment writes its address into a parameter."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from kaiseki.client.service import Service
from kaiseki.client.signing import Bearer, SigV4, region_of
from kaiseki.client.transport import Transport
from kaiseki.errors import SettingError

_NAMED = "env:"


def open_service(api: str, token: str | None, region: str | None) -> Service:
    """`api` is an address, or `env:NAME` of an environment deployed in the caller's account and region.

    Raises SettingError for an environment that is not there, or where there is nothing to sign with.
    """
    url = _address(api.removeprefix(_NAMED), region) if api.startswith(_NAMED) else api
    if token is not None:
        return Service(Transport(url, Bearer(token)))
    where = region_of(url) or region or boto3.Session().region_name
    if not where:
        raise SettingError(f"the region of {url} is not known", hint="set it: --region, or AWS_REGION")
    return Service(Transport(url, SigV4(where)))


def _address(environment: str, region: str | None) -> str:
    name = f"/kaiseki/{environment}/api-url"
    try:
        client = boto3.Session(region_name=region).client("ssm")
        return str(client.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ParameterNotFound":
            raise SettingError(
                f"there is no environment '{environment}' here: no parameter {name}",
                hint="check AWS_PROFILE and the region, or give the address: --api URL",
            ) from None
        raise SettingError(
            f"the parameter {name} cannot be read: {code}", hint="or give the address: --api URL"
        ) from None
    except BotoCoreError as error:
        raise SettingError(
            f"the parameter {name} cannot be read: {error}", hint="or give the address: --api URL"
        ) from None
