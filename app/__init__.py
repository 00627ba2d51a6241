"""The application: a bank and its ATMs, over a channel whose suite is chosen at start-up."""
