"""The parts of a stack, one module for each thing AWS has a word for."""
