# The names of the package, registered once: ``__init__.py`` imports them on first use.
from ._c import export_c as export_c
from ._onnx import OnnxGraph as OnnxGraph
from ._onnx import Tensor as Tensor
from ._onnx import export_onnx as export_onnx
from ._onnx import onnx_converter as onnx_converter
from ._timing import bench_onnx as bench_onnx
from ._timing import onnx_metadata as onnx_metadata
from ._web import export_web as export_web
