"""One writer and one reader for each structure of a segment."""
