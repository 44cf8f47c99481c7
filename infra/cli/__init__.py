"""The `acme-shop` command."""
