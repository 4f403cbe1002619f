"""Bytes on disk: layout, formats, the catalog and its one commit."""
