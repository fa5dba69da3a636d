"""Can everybody at this machine see that it records, and does the person have it in hand?

Read ``tray`` first. All of it runs in the recorder's own process and in one thread of its own, so that the light can
never say something else than the recorder knows.
"""
