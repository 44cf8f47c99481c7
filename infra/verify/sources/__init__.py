"""What the gates ask: AWS or the emulator, the shop itself, other companies' services."""
