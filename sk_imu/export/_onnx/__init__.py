"""Fitted pipelines as ONNX files."""

try:
    import onnx as onnx
except ImportError as error:
    raise ImportError('An ONNX file needs onnx: pip install "sk_imu[onnx]".') from error

# Imported for the converters that they register.
from . import _derived as _derived
from . import _minirocket as _minirocket
from . import _modules as _modules
from . import _networks as _networks
from . import _steps as _steps
from . import _summary as _summary
from . import _tables as _tables
from . import _trees as _trees
from ._file import export_onnx as export_onnx
from ._graph import OnnxGraph as OnnxGraph
from ._table import onnx_converter as onnx_converter
from ._tensor import Tensor as Tensor
