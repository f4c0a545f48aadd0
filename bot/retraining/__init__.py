"""Better models once a week, from what people said; see `evals.retraining`."""
