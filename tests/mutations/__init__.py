"""Planted bugs: changes of the shop that the tests have to notice, one at a time."""
