"""Questions to results over an open snapshot: read only."""
