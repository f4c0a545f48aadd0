"""What is seen of a running bot: metrics, logs, faults."""
