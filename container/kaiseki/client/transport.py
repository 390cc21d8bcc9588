"""Calls of the API: JSON in, JSON out, errors by their names."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from kaiseki.errors import ServiceError, UnknownRun

_TIMEOUT = (5, 35)  # seconds to connect, and to answer: API Gateway gives up after 30
# A POST may be sent again because it bears an idempotency key. 429 is not in: it is an answer, for a person to read.
_RETRIES = Retry(
    total=4, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504), allowed_methods=None, raise_on_status=False
)


class Transport:
    """One environment's API, and the plain links to objects that it gives out."""

    def __init__(self, url: str, auth: AuthBase) -> None:
        self._url = url.rstrip("/")
        self._auth = auth
        self._http = requests.Session()
        surroundings = self._http.merge_environment_settings(self._url, {}, None, None, None)
        self._http.trust_env = False  # a .netrc would replace the signature; proxies and certificates stay as they are
        self._http.proxies.update(surroundings["proxies"])
        self._http.verify = surroundings["verify"]
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=_RETRIES, pool_maxsize=16))

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The JSON object that the API answers. Raises UnknownRun for 404, ServiceError for all else that fails."""
        try:
            answer = self._http.request(
                method, self._url + path, json=body, headers=headers, params=query, auth=self._auth, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise _unreachable(self._url, error) from None
        if not answer.ok:
            raise _refused(answer)
        return _object(answer)

    def fetch(self, link: str) -> bytes:
        """The object behind a presigned link, decompressed. Raises ServiceError."""
        try:
            answer = self._http.get(link, timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise _unreachable(link.split("?")[0], error) from None
        if not answer.ok:
            raise ServiceError(f"a file of the bundle could not be read: HTTP {answer.status_code}", hint="try again")
        return answer.content

    def put(self, link: str, content: bytes, headers: dict[str, str]) -> None:
        """Raises ServiceError."""
        try:
            answer = self._http.put(link, data=content, headers=headers, timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise _unreachable(link.split("?")[0], error) from None
        if not answer.ok:
            raise ServiceError(f"an attachment could not be uploaded: HTTP {answer.status_code}", hint="try again")


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise ServiceError(f"{answer.url} does not answer as Kaiseki's API does", hint="check the address: --api URL")
    return body


def _refused(answer: requests.Response) -> ServiceError | UnknownRun:
    """What the API says is wrong; API Gateway's own refusals, which come as `message`, in our words."""
    try:
        error = answer.json().get("error")
    except (requests.JSONDecodeError, AttributeError):
        error = None
    known = error if isinstance(error, dict) else {}
    message = str(known.get("message") or f"the service answered HTTP {answer.status_code}")
    hint = str(known.get("hint") or "")
    if answer.status_code in (401, 403) and not known:
        message = "the service does not accept these credentials"
        hint = "use a role that may call execute-api:Invoke, in the right account, and check the clock"
    if answer.status_code == 404 and known:
        return UnknownRun(message, hint=hint)
    return ServiceError(message, hint=hint, code=str(known.get("code") or "service"))


def _unreachable(url: str, error: requests.RequestException) -> ServiceError:
    return ServiceError(
        f"{url} cannot be reached: {type(error).__name__}", hint="check the address and your network, then try again"
    )
