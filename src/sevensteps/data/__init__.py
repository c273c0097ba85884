"""A reader's own tables: schema, loading, checking."""
