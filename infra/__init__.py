"""The shop on AWS: ``infra/topology.py`` and ``app/store/schema.py`` as a Pulumi program.

Those two modules say what there is; the components here say how AWS makes it. Only
``permissions.py`` and ``image/`` can be used without Pulumi.
"""
