"""The service in AWS: `service_stack.py` wires the constructs, `environments.py` says what each environment is."""
