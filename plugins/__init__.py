"""The built-in plugins; each is registered through the entry-point group `suitecase.plugins`."""
