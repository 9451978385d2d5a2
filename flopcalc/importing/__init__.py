"""Models from elsewhere as specs: ONNX files, and PyTorch modules where torch is installed."""
