"""Several processes of one bot on PostgreSQL under everything that goes wrong with machines.

A local workspace, a balancer and the faults run in this process; webs and workers are processes of
their own. What became of each question is read from the workspace alone, as its people see it.
"""
