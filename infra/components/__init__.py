"""The parts of a stack, one module for each thing AWS has a word for.

The type tokens (``shop:front:Front``) and the logical names of resources are older than the
names of the classes. Pulumi knows a deployed resource by both: changing one would replace it.
"""
