"""Passwords, tokens, signing keys and their rotation."""
