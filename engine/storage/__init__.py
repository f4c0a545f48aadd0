"""Every table, and the only place that imports SQLAlchemy."""
