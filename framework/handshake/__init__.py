"""The handshake: a symmetric state, the keys of a side, and the steps that walk a pattern (PROTOCOL §4)."""
