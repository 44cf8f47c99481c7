"""Rules of the shop; nothing but the standard library."""
