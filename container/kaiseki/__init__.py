"""Kaiseki: a data analyst that binds every number to a query."""

__version__ = "0.1.0"
