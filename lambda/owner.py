"""Whose run a run is: who signed the call, as API Gateway has established it. Never from what the caller says."""

import re
from collections.abc import Mapping
from typing import Any

from refusals import unknown_caller

_SESSION = re.compile(
    r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/(?P<session>[^/]+)"
)
_PRINCIPAL = re.compile(r"arn:[\w-]+:(iam::\d+:(user/.+|root)|sts::\d+:federated-user/.+)")


def owner_of(event: Mapping[str, Any], keep_session: bool) -> str:
    """The principal of an HTTP API event; `keep_session`: sessions of one role are owners apart.

    A session of a role is named by the role's ARN (without its path, which the session does not carry) and the name of
    the session; a user of IAM by the ARN; a JWT by its issuer and subject. Raises Refused (403) for anybody else.
    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    by_signature = (authorizer.get("iam") or {}).get("userArn")
    if by_signature:
        return _signer(str(by_signature), keep_session)
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    issuer, subject = str(claims.get("iss") or "").strip(), str(claims.get("sub") or "").strip()
    if issuer and subject:
        return f"jwt:{issuer}#{subject}"
    raise unknown_caller()


def _signer(arn: str, keep_session: bool) -> str:
    session = _SESSION.fullmatch(arn)
    if session:
        role = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
        return f"{role}/{session['session']}" if keep_session else role
    if _PRINCIPAL.fullmatch(arn):
        return arn
    raise unknown_caller()
