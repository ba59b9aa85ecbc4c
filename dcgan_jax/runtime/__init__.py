"""What a program runs on: processes, signals, shutdown, devices, progress."""
