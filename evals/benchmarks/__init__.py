"""Parts of `evals.bench`: each measures one promise in one run."""
