"""The local workspace in a browser: what each person sees of it, what they do, and what goes wrong.

The page keeps no state: it shows what the server says, and the server says what the workspace
holds. It is served on 127.0.0.1 to its own pages alone.
"""
