"""What giving answers again saves, and how often it would give a wrong one."""
