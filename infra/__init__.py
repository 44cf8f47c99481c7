"""Everything that runs, deploys, checks and operates the shop; none of it ships.

``infra/topology.py`` and ``app/store/schema.py`` say what there is. ``infra/components/`` says
how AWS makes it, ``infra/local/`` makes the same on one machine.
"""
