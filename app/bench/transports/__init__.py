"""What `bench channel` compares, one file a transport."""
