"""Calls to AWS: signed POSTs on kept connections, and boto3 where it is asked for."""
