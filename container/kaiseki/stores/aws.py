"""AWS as bundles and records meet it: one session by AWS's own rules, and its failures as errors with a way to mend."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import botocore.session
from botocore import exceptions as aws
from botocore.config import Config

from kaiseki.aws_region import REGION_VARIABLES
from kaiseki.errors import KaisekiError, SettingError, StoreError

# Standard mode retries throttling, timeouts and errors of the service, with a growing pause.
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
# For what comes again soon: a heartbeat that failed is followed by the next.
BRISK = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=4)

_CREDENTIALS_HINT = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`"
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_FOREIGN = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "IncompleteSignature",
    "IncompleteSignatureException",
}
_ABSENT = {
    "NoSuchBucket": "create it, or name another",
    "ResourceNotFoundException": "create it, or name another",
}


def aws_session(region: str | None = None) -> boto3.Session:
    """`region` counts where AWS's own settings name none. Raises SettingError where neither does, or StoreError."""
    with as_store_errors("AWS"):
        core = botocore.session.Session(session_vars=REGION_VARIABLES)
        region = core.get_config_variable("region") or region
        if region is None:
            raise _no_region()
        return boto3.Session(botocore_session=core, region_name=region)


@contextmanager
def as_store_errors(place: str) -> Iterator[None]:
    """Failures of AWS at `place` ("s3://bucket", "the table runs") as StoreErrors; no region is a SettingError."""
    try:
        yield
    except aws.ClientError as error:
        raise _of_service(error, place) from error
    except aws.NoRegionError as error:
        raise _no_region() from error
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError) as error:
        raise StoreError(f"there are no AWS credentials for {place}", hint=_CREDENTIALS_HINT) from error
    except (aws.TokenRetrievalError, aws.SSOError) as error:
        raise StoreError(f"the AWS credentials for {place} have expired", hint="run `aws sso login`") from error
    except (aws.HTTPClientError, aws.ConnectionError) as error:
        raise StoreError(
            f"{place} cannot be reached: {_line(error)}", hint="see whether this machine's network reaches AWS"
        ) from error
    except aws.ParamValidationError as error:
        raise StoreError(f"AWS takes no such name: {place} ({_line(error)})", hint="mend the setting") from error
    except aws.BotoCoreError as error:
        raise StoreError(f"AWS is not set up for {place}: {_line(error)}", hint=_CREDENTIALS_HINT) from error


def code_of(error: aws.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_service(error: aws.ClientError, place: str) -> KaisekiError:
    code = code_of(error)
    said = _line(error.response.get("Error", {}).get("Message") or code)
    operation = error.operation_name
    if code in _ABSENT:
        return StoreError(f"there is no {place}" if place.startswith("s3:") else f"{place} is missing", _ABSENT[code])
    if code in _DENIED:
        hint = f"allow it in the IAM policy of these credentials, and in the policy of what is at {place}"
        return StoreError(f"{operation} is denied at {place}", hint=hint)
    if code in _EXPIRED:
        return StoreError(f"the AWS credentials for {place} have expired", hint="renew them, or run `aws sso login`")
    if code in _FOREIGN:
        return StoreError(f"AWS does not accept the credentials for {place} ({code})", hint=_CREDENTIALS_HINT)
    return StoreError(
        f"{operation} failed at {place}: {said} ({code})", hint="try again; see AWS's own status if it stays"
    )


def _no_region() -> SettingError:
    return SettingError("AWS needs a region", hint="set AWS_REGION, for example AWS_REGION=us-east-1")


def _line(said: object) -> str:
    return " ".join(str(said).split())[:300]
