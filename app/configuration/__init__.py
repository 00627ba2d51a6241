"""Settings: from options, the environment and files."""
