"""What checks put in: reproducible octets, shapes, forgeries, and the known answers of an author."""
