"""An OpenAI-compatible server on a real socket whose answers and faults are scripted."""
