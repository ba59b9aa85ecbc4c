"""Classes and patients from a table (`data.labels`) instead of folders: its columns, its findings, its files."""
