"""Do table and queues in memory answer like those of the emulator?"""
