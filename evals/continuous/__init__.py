"""What production answers day by day: sampled, scored again, and watched for changes."""
