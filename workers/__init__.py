"""SQS: one module per function, nothing to decide."""
