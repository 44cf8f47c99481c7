"""One fault at each call to AWS, one after the other."""
