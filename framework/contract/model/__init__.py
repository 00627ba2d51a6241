"""What the kit speaks of: a check, its trial and its outcome, the plugin on trial, and what broke its contract."""
