"""Releases: build the functions' image, deploy it as a canary, watch it, promote or roll back."""
