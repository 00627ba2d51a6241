"""The bank: a server of channels over a ledger."""
