"""Source text -> its structure: definitions with their spans, and what an identifier is used for.  Pure."""
