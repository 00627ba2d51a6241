"""Whether an output is the right one, and what is said of one that is not."""
