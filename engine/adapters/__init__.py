"""The only place that imports vendors: Qdrant, ONNX Runtime, Kreuzberg, fsspec's remote stores."""
