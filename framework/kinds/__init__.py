"""The kinds of primitive: one file each, with its interface and the guard around it. No kind knows another."""
