"""Text -> vectors: the bundled static model, and other embedders behind one protocol."""
