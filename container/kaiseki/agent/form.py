"""The form of a reply in words, as a refusal shows it to the model."""

from kaiseki.models import Failure

FORM = """One line that says what this step does
lookups: optional, words or tables to look up

```sql name=people
SELECT ...
```

```python
...
```

```answer outcome=answered
text with {placeholders}
```"""


def refused(kind: str, line: int | None, message: str, hint: str) -> Failure:
    """A reply that is not in form; `line` is 1-based, of the reply."""
    return Failure(kind="reply", type=kind, line=line, message=message, hint=hint)
