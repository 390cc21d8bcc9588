"""Failures of boto3 and of the Bedrock service, as the kinds of error by which DSPy decides what to try again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws
from botocore.eventstream import ParserError
from dspy import lm15

_TOO_LONG = re.compile(
    r"too long|too many (input )?tokens|input length|context (length|window|limit)|maximum (number of )?input tokens",
    re.IGNORECASE,
)
_NO_SUCH_MODEL = re.compile(
    r"on-demand throughput|inference profile|model identifier is invalid|legacy|end of (its )?life", re.IGNORECASE
)
_NO_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.NoAuthTokenError,
    aws.SSOError,
)
_OVERLOADED = {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"}
_FOREIGN_CREDENTIALS = {
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
}
_UNWELL = {
    "InternalServerException",
    "ServiceUnavailableException",
    "ModelNotReadyException",
    "ModelErrorException",
    "ModelStreamErrorException",
}
CREDENTIALS_HINT = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`"


@contextmanager
def as_lm15_errors(model_id: str) -> Iterator[None]:
    try:
        yield
    except aws.ClientError as error:
        raise _of_service(error, model_id) from error
    except _NO_CREDENTIALS as error:
        raise lm15.NotConfiguredError(
            f"no usable AWS credentials: {error}", credential_hint=CREDENTIALS_HINT
        ) from error
    except (aws.ReadTimeoutError, aws.ConnectTimeoutError) as error:
        raise lm15.TimeoutError(f"no answer from Amazon Bedrock in time: {error}") from error
    except (aws.HTTPClientError, aws.ConnectionError, aws.EndpointConnectionError, ParserError) as error:
        raise lm15.TransportError(f"the connection to Amazon Bedrock failed: {error}") from error
    except aws.ParamValidationError as error:
        raise lm15.InvalidRequestError(f"the request is not one that Amazon Bedrock takes: {error}") from error
    except aws.BotoCoreError as error:
        raise lm15.ConfigurationError(f"AWS is not set up for Amazon Bedrock: {error}") from error


def _of_service(error: aws.ClientError, model_id: str) -> lm15.LM15Error:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    code = details.get("Code", "")
    code = code[:1].upper() + code[1:]  # the frames of a stream write it with a small letter
    said = details.get("Message") or code
    status = metadata.get("HTTPStatusCode")
    known = {"provider": "bedrock", "provider_code": code, "status": status, "request_id": metadata.get("RequestId")}

    if code in _OVERLOADED or status == 429:
        return lm15.RateLimitError(
            said, retry_after=_seconds(metadata.get("HTTPHeaders", {}).get("retry-after")), **known
        )
    if code == "ModelTimeoutException":
        return lm15.TimeoutError(said, **known)
    if code == "AccessDeniedException":
        hint = (
            f"allow bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on {model_id}, and enable the model "
            "for this account in the Bedrock console"
        )
        return lm15.AuthError(said, credential_hint=hint, **known)
    if code in _FOREIGN_CREDENTIALS:
        return lm15.AuthError(said, credential_hint=CREDENTIALS_HINT, **known)
    if code == "ResourceNotFoundException" or (code == "ValidationException" and _NO_SUCH_MODEL.search(said)):
        return lm15.UnsupportedModelError(f"{model_id} cannot be called here: {said}", **known)
    if code == "ValidationException":
        kind = lm15.ContextLengthError if _TOO_LONG.search(said) else lm15.InvalidRequestError
        return kind(said, **known)
    if code in _UNWELL or (status or 0) >= 500:
        return lm15.ServerError(said, **known)
    return lm15.ProviderError(said, **known)


def _seconds(header: str | None) -> float | None:
    """A Retry-After in seconds; the form that is a date is not used by the service."""
    try:
        return float(header) if header is not None else None
    except ValueError:
        return None
