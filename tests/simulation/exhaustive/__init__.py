"""What is small enough to be tried completely."""
