"""Models as ONNX files, for runtimes and phones that only predict. Needs the extra `[onnx]`."""

from fastcnn.saving.onnx.export import export_onnx

__all__ = ["export_onnx"]
