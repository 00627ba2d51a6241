"""Who is who, as files: cards, the keys and the identity of a bank, the banks that are known."""
