"""The model server as a program; it lives in `evals`, where benches may import it too.

$ python -m tests.model_server --port 8080
"""

from __future__ import annotations

from evals.model_server.__main__ import main

if __name__ == "__main__":
    main()
