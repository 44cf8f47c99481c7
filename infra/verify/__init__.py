"""Continuous Verification."""
