"""What is measured: the columns of a case, and the metrics over them."""
