"""Somebody who calls the API: by SigV4 with the credentials of a role's session, or with a bearer token."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness.emulator import Emulator
from harness.places import ACCOUNT, REGION

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT")
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Caller:
    api: str  # address, without a slash at its end
    certificate: Path
    credentials: Credentials | None  # None: requests go out unsigned
    token: str = ""  # sent where there are no credentials

    @property
    def environment(self) -> dict[str, str]:
        """The variables in which programs look for credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_SESSION_TOKEN": self.credentials.token,
        }

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """`body` goes out as JSON; bytes as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = AWSRequest(method, self.api + path, data=data, headers={"content-type": "application/json"})
        if self.credentials:
            SigV4Auth(self.credentials, "execute-api", REGION).add_auth(request)
        elif self.token:
            request.headers["authorization"] = f"Bearer {self.token}"
        return requests.request(
            method,
            request.url,
            data=data,
            headers=dict(request.headers) | (headers or {}),
            verify=str(self.certificate),
            timeout=60,
        )

    def ask(self, prompt: str, **more: object) -> str:
        """The id of the run."""
        answer = self.call("POST", "/prompt", {"prompt": prompt, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    def state(self, run_id: str) -> dict:
        answer = self.call("GET", f"/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def cancel(self, run_id: str) -> requests.Response:
        return self.call("DELETE", f"/runs/{run_id}")

    def until(self, run_id: str, *statuses: str, within: float = 240.0) -> dict:
        """The run's state as soon as its status is one of these; fails when it ends in another, or takes longer."""
        deadline = time.monotonic() + within
        while (state := self.state(run_id))["status"] not in statuses:
            assert state["status"] not in ENDED, state
            assert time.monotonic() < deadline, f"after {within:.0f} s: {state}"
            time.sleep(POLL_SECONDS)
        return state

    def ended(self, run_id: str, within: float = 240.0) -> dict:
        return self.until(run_id, *ENDED, within=within)

    def fetch(self, link: str) -> requests.Response:
        """What lies behind a presigned link: without a signature of the caller's own."""
        return requests.get(link, verify=str(self.certificate), timeout=60)


def create_role(emulator: Emulator, name: str, *statements: dict) -> str:
    """The ARN of a role that anybody in the account may assume."""
    iam = emulator.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(*statements))
    return str(arn)


def assume(emulator: Emulator, role: str, session: str, api: str) -> Caller:
    given = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return Caller(api, emulator.certificate, credentials)


def _policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
