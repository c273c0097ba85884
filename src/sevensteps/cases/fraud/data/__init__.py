"""A reader's own payments: their schema, their reading, the offline report."""
