"""ONNX files: protobuf's wire format, their graph, and its operators."""
