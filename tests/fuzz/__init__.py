"""Hostile input, by the thousand: no crash, no surprise, no secret in what comes back.

``python -m tests.fuzz`` runs a long campaign; the tests run some hundreds of it each time.
"""
