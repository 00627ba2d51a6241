"""The handshake, pattern `pqNK` (PROTOCOL §4)."""
