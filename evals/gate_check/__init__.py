"""The gate put to the test: what is broken on purpose is caught, what is unchanged is not."""
