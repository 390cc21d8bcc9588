"""From the text of a setting to a model that can be asked."""

import difflib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaiseki.errors import SettingError
from kaiseki.models import Usage

if TYPE_CHECKING:
    import dspy

    from kaiseki.lm.recorded import Engine

FORMS = ("offline", "bedrock/<model id>", "recorded:<file>", "<provider>/<model>")
_EXAMPLE = "bedrock/us.anthropic.claude-sonnet-5"
_DEFAULT_RETRIES = 5
_MAX_TOKENS = 16_000  # of one reply


@dataclass(frozen=True)
class OpenedModel:
    """A model, ready to be asked.

    name        the setting that it was opened by
    simulated   no model is called: tokens and dollars are those of a recording, or none
    drift       how the prompts asked so far differ from the recorded ones; empty for a real model
    """

    lm: "dspy.LM"
    name: str
    simulated: bool
    drift: Callable[[], Sequence[str]]

    def usage_of(self, prediction: "dspy.Prediction") -> Usage:
        """What one prediction of this model cost, if it was made within `dspy.context(track_usage=True)`."""
        from kaiseki.lm.usage import usage_of

        return usage_of(prediction).model_copy(update={"simulated": self.simulated})


@dataclass(frozen=True)
class _Source:
    engine: "Engine"
    model: str  # by which DSPy and the price list know it
    simulated: bool = False
    options: tuple[tuple[str, Any], ...] = ()
    drift: Callable[[], Sequence[str]] = tuple


def open_model(
    spec: str,
    *,
    region: str | None = None,
    record: Path | None = None,
    strict: bool = False,
    retries: int = _DEFAULT_RETRIES,
) -> OpenedModel:
    """The model that `spec` names. Raises SettingError or InputError; nothing has been asked then.

    record      a new file into which the replies are written, to be replayed by `recorded:<file>`
    strict      a prompt that differs from the recorded one is an error
    """
    kind, rest = _kind_and_rest(spec)
    if kind == "offline":
        source = _offline()
    elif kind == "bedrock":
        source = _bedrock(rest, region)
    elif kind == "recorded":
        source = _recorded(Path(rest), strict)
    else:
        source = _litellm(spec, kind)
    return OpenedModel(
        lm=_language_model(source, record, retries),
        name=spec,
        simulated=source.simulated,
        drift=source.drift,
    )


def _kind_and_rest(spec: str) -> tuple[str, str]:
    """`spec` taken apart at its kind. Raises SettingError for what has none of the known forms."""
    if spec == "offline":
        return spec, ""
    for kind, separator in (("recorded", ":"), ("bedrock", "/")):
        if spec.startswith(kind + separator) and len(spec) > len(kind + separator):
            return kind, spec[len(kind + separator) :]
    kind, _, rest = spec.partition("/")
    if kind and rest and kind not in ("recorded", "bedrock", "offline"):
        return kind, rest
    raise SettingError(f"the model '{spec}' is not of a known form", hint=_forms(spec))


def _forms(spec: str) -> str:
    nearest = _nearest(spec)
    meant = f"did you mean {nearest}? " if nearest else ""
    return f"{meant}forms are {', '.join(FORMS)}; for example {_EXAMPLE}"


def _nearest(spec: str) -> str | None:
    """The form whose kind is nearly the one that was written."""
    written = spec.replace(":", "/").partition("/")[0].lower()
    kinds = {"offline": FORMS[0], "bedrock": FORMS[1], "recorded": FORMS[2]}
    found = difflib.get_close_matches(written, kinds, n=1)
    return kinds[found[0]] if found else None


# DSPy takes a second to import, boto3 a third of one: neither is paid for before a model is opened.


def _offline() -> _Source:
    from kaiseki.lm.offline import OfflineEngine

    return _Source(OfflineEngine(), "offline", simulated=True)


def _bedrock(model_id: str, region: str | None) -> _Source:
    from kaiseki.lm.bedrock import BedrockEngine

    return _Source(BedrockEngine(model_id, region=region), f"bedrock/{model_id}")


def _recorded(path: Path, strict: bool) -> _Source:
    from kaiseki.lm.recorded import RecordedEngine

    engine = RecordedEngine(path, strict)
    return _Source(engine, engine.model, simulated=True, drift=lambda: tuple(engine.drifted))


def _litellm(spec: str, provider: str) -> _Source:
    if importlib.util.find_spec("litellm") is None:
        nearest = _nearest(provider)
        meant = f" (did you mean {nearest}?)" if nearest else ""
        raise SettingError(f"the model '{spec}'{meant} needs LiteLLM", hint="pip install 'kaiseki[litellm]'")
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or its import fetches a price list from the network

    from dspy.clients.engines.litellm_engine import LiteLLMEngine

    return _Source(LiteLLMEngine(), spec, options=(("max_tokens", _MAX_TOKENS),))


def _language_model(source: _Source, record: Path | None, retries: int) -> "dspy.LM":
    import dspy

    from kaiseki.lm.language_model import LanguageModel
    from kaiseki.lm.recorded import Recorder

    # DSPy would keep replies in the home folder, and a run that costs nothing the second time cannot be measured.
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    engine = source.engine
    if record is not None:
        if record.exists() and record.stat().st_size:
            raise SettingError(f"{record} already holds something", hint="record into a new file, or remove this one")
        engine = Recorder(engine, record)
    return LanguageModel(source.model, engine=engine, cache=False, num_retries=retries, **dict(source.options))
