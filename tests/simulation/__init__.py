"""The whole shop in one thread, under simulated time and drawn faults.

The real table handle, services and workers run on stand-ins for DynamoDB and SQS. One
integer decides everything that happens: ``python -m tests.simulation --help``.
"""
