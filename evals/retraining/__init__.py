"""Better models from what people say: challenger against champion on questions neither has seen."""
