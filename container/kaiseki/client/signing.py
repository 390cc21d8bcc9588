"""How a call shows who makes it: SigV4 by AWS credentials, or a bearer token where the environment takes JWTs."""

from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from requests import PreparedRequest
from requests.auth import AuthBase

from kaiseki.errors import SettingError

_SERVICE = "execute-api"


class SigV4(AuthBase):
    """Signs with the credentials that boto3 finds, looked up at each call: they may be renewed meanwhile."""

    def __init__(self, region: str) -> None:
        """Raises SettingError if there are no credentials."""
        try:
            credentials = boto3.Session().get_credentials()
        except BotoCoreError as error:
            raise SettingError(f"the AWS credentials cannot be used: {error}", hint="mend your AWS profile") from None
        if credentials is None:
            raise SettingError("there are no AWS credentials to sign with", hint="aws sso login, or set AWS_PROFILE")
        self._credentials = credentials
        self._region = region

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        # Only what is signed must reach the service unchanged: the headers that requests adds stay outside.
        signed = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        shadow = AWSRequest(request.method, request.url, data=request.body or b"", headers=signed)
        SigV4Auth(self._credentials.get_frozen_credentials(), _SERVICE, self._region).add_auth(shadow)
        request.headers.update(shadow.headers.items())
        return request


class Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def region_of(url: str) -> str | None:
    """`https://id.execute-api.REGION.amazonaws.com`; None for an address of one's own."""
    parts = (urlsplit(url).hostname or "").split(".")
    return parts[parts.index(_SERVICE) + 1] if _SERVICE in parts[:-1] else None
