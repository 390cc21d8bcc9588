"""The steps of the analysis in the order in which they ran at the clean replay."""

from kaiseki.models import Run, Step


def analysis_order(run: Run) -> tuple[Step, ...]:
    """The accepted steps, one that replaced another standing in that one's place rather than where it was written."""
    order: list[Step] = []
    for step in run.steps:
        if not step.accepted:
            continue
        place = next((i for i, old in enumerate(order) if old.number == step.replaces), None)
        if place is None:
            order.append(step)
        else:
            order[place] = step
    return tuple(order)
