"""Functions besides the api, one module each: they parse, call a service and report failures.

``payment``, ``order`` and ``shipment`` handle batches of SQS, ``order`` the schedule of the sweeper
too; Secrets Manager calls ``rotation``.
"""
