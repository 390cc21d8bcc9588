"""Where an environment's API is: the deployment writes its address into a parameter."""

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from kaiseki.aws_region import REGION_VARIABLES
from kaiseki.client.service import Service
from kaiseki.client.signing import Bearer, SigV4, region_of
from kaiseki.client.transport import Transport
from kaiseki.errors import SettingError

_NAMED = "env:"
_REGION_HINT = "set it: --region, or AWS_REGION"


def open_service(api: str, token: str | None, region: str | None) -> Service:
    """`api` is an address, or `env:NAME` of an environment deployed in the caller's account and region.

    Raises SettingError for an environment that is not there, or where there is nothing to sign with.
    """
    url = _address(api.removeprefix(_NAMED), region) if api.startswith(_NAMED) else api
    if token is not None:
        return Service(Transport(url, Bearer(token)))
    where = region_of(url) or _region(region)
    if not where:
        raise SettingError(f"the region of {url} is not known", hint=_REGION_HINT)
    return Service(Transport(url, SigV4(where)))


def _region(given: str | None) -> str | None:
    return given or botocore.session.Session(session_vars=REGION_VARIABLES).get_config_variable("region")


def _address(environment: str, region: str | None) -> str:
    name = f"/kaiseki/{environment}/api-url"
    where = _region(region)
    if not where:
        raise SettingError(f"the region of the environment '{environment}' is not known", hint=_REGION_HINT)
    try:
        client = boto3.Session(region_name=where).client("ssm")
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
    except NoCredentialsError:
        raise SettingError(
            f"there are no AWS credentials to look up the environment '{environment}' with",
            hint="aws sso login, or set AWS_PROFILE",
        ) from None
    except BotoCoreError as error:
        raise SettingError(
            f"the parameter {name} cannot be read: {error}", hint="or give the address: --api URL"
        ) from None
