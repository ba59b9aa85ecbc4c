"""What is fast, against what: each module runs alone and prints a table."""
