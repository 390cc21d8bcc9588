"""The model that needs no key: it writes programs for four kinds of questions, and refuses all others."""

from kaiseki.lm.offline.engine import OfflineEngine

__all__ = ["OfflineEngine"]
