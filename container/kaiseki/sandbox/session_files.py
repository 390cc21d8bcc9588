"""What a session tells of its files, checked and put into AgentCore's shape: the answers come from hostile ground."""

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

Content = dict[str, Any]

_TEXT = ("application/json", "application/xml", "application/javascript", "image/svg+xml")


def to_write(files: Sequence[Mapping[str, str | bytes]]) -> list[dict[str, str]]:
    """Files as they travel. Each has a `path`, and either `text` or `blob` (bytes). Raises ValueError."""
    return [{"path": _path(file), "data": base64.b64encode(_data(file)).decode("ascii")} for file in files]


def read(answer: Mapping[str, Any], paths: Sequence[str]) -> list[Content]:
    """The files as resources, under the names they were asked for by. Raises ValueError for what is no answer."""
    found = answer.get("files")
    if not isinstance(found, list) or len(found) != len(paths):
        raise ValueError("the session did not tell of its files")
    return [_resource(path, _decoded(file)) for path, file in zip(paths, found, strict=True)]


def listed(answer: Mapping[str, Any], directory: str) -> list[Content]:
    """Links to what lies in `directory`. Raises ValueError for what is no answer."""
    entries = answer.get("entries")
    if not isinstance(entries, list):
        raise ValueError("the session did not tell of its files")
    links = [_link(entry, directory) for entry in entries]
    if answer.get("more"):
        links.append({"type": "text", "text": f"There are more: only {len(entries):,} are listed."})
    return links


def _path(file: Mapping[str, str | bytes]) -> str:
    path = file.get("path")
    if not isinstance(path, str):
        raise ValueError("a file to write needs a `path`")
    return path


def _data(file: Mapping[str, str | bytes]) -> bytes:
    text, blob = file.get("text"), file.get("blob")
    if isinstance(text, str) and blob is None:
        return text.encode()  # UnicodeEncodeError is a ValueError
    if isinstance(blob, bytes) and text is None:
        return blob
    raise ValueError(f"{file.get('path')!r} needs either `text` or `blob`, which is bytes")


def _decoded(file: Any) -> bytes:
    if not isinstance(file, dict) or not isinstance(file.get("data"), str):
        raise ValueError("the session did not tell of its files")
    return base64.b64decode(file["data"], validate=True)


def _resource(path: str, data: bytes) -> Content:
    media_type = mimetypes.guess_type(path)[0]
    resource = {"uri": _uri(path), "mimeType": media_type or "application/octet-stream"}
    if media_type is None or media_type.startswith("text/") or media_type in _TEXT:
        try:
            text = data.decode()
            return _as_resource({**resource, "type": "text", "mimeType": media_type or "text/plain", "text": text})
        except UnicodeDecodeError:
            resource["mimeType"] = "application/octet-stream"
    return _as_resource({**resource, "type": "blob", "blob": base64.b64encode(data).decode("ascii")})


def _as_resource(resource: Content) -> Content:
    return {"type": "resource", "resource": resource}


def _link(entry: Any, directory: str) -> Content:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError("the session did not tell of its files")
    name = _shown(entry["name"])
    kinds = {"folder": "Directory", "file": "File"}
    link = {
        "type": "resource_link",
        "uri": _uri(str(PurePosixPath(directory, name))),
        "name": name,
        "description": kinds.get(str(entry.get("kind")), "Neither file nor directory"),
    }
    size = entry.get("size")
    return {**link, "size": size} if isinstance(size, int) and entry.get("kind") == "file" else link


def _uri(path: str) -> str:
    return f"file:///{_shown(path)}"


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
