"""The simulated shop: its AWS, its processes, its clients, and the rules it must keep."""
