"""Which recorders are measured, and how is each started, stopped and read back?"""
