"""How a signature becomes messages: instructions, briefing, then the conversation as it went."""

from typing import Any

import dspy


class ConversationAdapter(dspy.Adapter):  # type: ignore[misc]  # dspy ships no types
    """Sends a step's text as it is.

    DSPy's own adapters wrap fields in markers such as `[[ ## reply ## ]]`, which occur in generated code and are lost
    when a reply is cut. Here the reply is the whole message, and the briefing is the first user message, so that a
    provider can cache everything up to it. The first line of the system message names the signature.
    """

    def format(
        self, signature: type[dspy.Signature], demos: list[dict[str, Any]], inputs: dict[str, Any]
    ) -> list[dict[str, str]]:
        messages = [{"role": "system", "content": f"# {signature.__name__}\n\n{signature.instructions}"}]
        for demo in demos:
            messages += [*_conversation(demo), {"role": "assistant", "content": demo["reply"]}]
        return messages + _conversation(inputs)

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, str]:
        return dict.fromkeys(signature.output_fields, completion)


def _conversation(fields: dict[str, Any]) -> list[dict[str, str]]:
    messages = [{"role": "user", "content": fields["briefing"]}]
    for turn in fields["turns"].messages:
        messages.append({"role": "assistant", "content": turn["reply"]})
        messages.append({"role": "user", "content": turn["observation"]})
    return messages
