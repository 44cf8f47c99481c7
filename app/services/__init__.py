"""One function per operation: read, decide in the domain, write, send."""
