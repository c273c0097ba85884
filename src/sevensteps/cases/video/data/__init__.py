"""A reader's own interaction log: its schema, its reading, the offline report."""
