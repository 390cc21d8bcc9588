"""The service from outside: what `kaiseki ask --env prod` and its like talk to."""
