"""Where things lie in the bucket."""

from hashlib import sha256


def request_key(run_id: str) -> str:
    return f"runs/{run_id}/request.json"


def run_key(run_id: str) -> str:
    return f"runs/{run_id}/run.json"


def bundle_key(run_id: str, path: str) -> str:
    return f"runs/{run_id}/{path}"


def attachment_key(run_id: str, name: str) -> str:
    return f"runs/{run_id}/attachments/{name}"


def upload_prefix(owner: str, upload_id: str) -> str:
    """Below a name that only the owner's calls lead to."""
    return f"uploads/{sha256(owner.encode()).hexdigest()[:32]}/{upload_id}/"
