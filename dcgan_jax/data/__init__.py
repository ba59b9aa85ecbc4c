"""From image files to prepared records to batches."""
