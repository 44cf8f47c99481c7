"""The shop: rules, operations, storage, and the HTTP application."""

__version__ = "1.0.0"
