"""On the participant's machine: capture, redact, seal, send. Read ``flow.py`` first.

Plain data lives in memory only, and only while a lease is live.
"""
