"""What the program does with the operating system: files, streams, signals, logs. It imports no other room."""
