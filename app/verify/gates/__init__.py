"""One collector per gate."""
