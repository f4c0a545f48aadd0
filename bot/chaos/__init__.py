"""Questions under kills, duplicates, reordering and outages: none may be lost, none doubled.

A local workspace, a model server and everything that goes wrong run in this process; the bot is a
process of its own that is killed by -9 and started again. What became of each question is read
from the workspace alone, as its people would see it.
"""
