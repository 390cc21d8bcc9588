"""The words of a request: what a model reads, and how two prompts are told apart."""

import hashlib
import json

from dspy import lm15


def system_text(request: lm15.Request) -> str:
    """The system prompt as one text; empty if there is none. Raises UnsupportedFeatureError for anything but text."""
    if request.system is None:
        return ""
    if isinstance(request.system, str):
        return request.system
    return _joined(request.system, "system")


def message_text(message: lm15.Message) -> str:
    """Raises UnsupportedFeatureError for anything but text."""
    return _joined(message.parts, f"a {message.role} message")


def _joined(parts: tuple[object, ...], where: str) -> str:
    texts = [part.text for part in parts if isinstance(part, lm15.TextPart)]
    if len(texts) < len(parts):
        raise lm15.UnsupportedFeatureError(f"{where} holds something other than text, which is all that is sent")
    return "\n".join(texts)


def signature_of(request: lm15.Request) -> str:
    """What was asked for: the text after `# ` on the first line of the system prompt; empty if it has none."""
    first, _, _ = system_text(request).partition("\n")
    return first[2:].strip() if first.startswith("# ") else ""


def prompt_sha256(request: lm15.Request) -> str:
    """Digest of the system prompt and the messages with their roles; model and sampling do not enter."""
    turns = [("system", system_text(request)), *((message.role, message_text(message)) for message in request.messages)]
    return hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()


def estimated_tokens(text: str) -> int:
    """A rough count without a tokenizer: four characters of ASCII a token, one of anything else."""
    ascii_characters = sum(character.isascii() for character in text)
    return ascii_characters // 4 + len(text) - ascii_characters
