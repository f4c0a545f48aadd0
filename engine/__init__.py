"""The engine answers questions from documents; it knows nothing of Slack."""

import os

# NumPy's BLAS starts a thread a core for products as small as ranking's and lets them spin when
# they are done: twice the processor time a question for no gain. It reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
