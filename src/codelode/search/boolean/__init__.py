"""The query language over a snapshot: a tree of `query.ast` compiled, planned, run and ranked."""
