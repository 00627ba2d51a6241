"""`suitecase bench`: one file a benchmark."""
