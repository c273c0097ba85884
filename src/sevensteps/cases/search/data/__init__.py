"""A reader's own documents, queries and judgements through the chapter's engine."""
