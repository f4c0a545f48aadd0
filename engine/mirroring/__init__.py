"""Copies of answers and evaluations in services that people look at them with.

Nothing here may cost an answer anything: what is sent waits in a bounded queue, a thread of its own
sends it, and what cannot be sent is dropped and counted.
"""
