"""What a run leaves for people to read: logs and figures."""
