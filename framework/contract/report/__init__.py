"""A report, written for people and for programs."""
