"""The ATM: a card, a channel to its bank, and a screen. It imports neither the bank nor a ledger."""
