"""`make soak`: two hours' questions at a steady pace, and whether anything grows meanwhile.

Reuses the stand of `bot.load` and the people of `bot.chaos`. The pace does not wait for answers, so
that a queue that grows is seen to grow.
"""
