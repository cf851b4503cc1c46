"""Save a fitted model to a file that is loaded without running code from it.

A pickle runs any code that it holds. A model file is a skops file of arrays and named
types. Before anything is made from it, its types, the sizes of its arrays and its trees are
checked; then each estimator is checked for what its compiled code takes on trust. Our types
go by their public path, such as ``sk_imu.Resampler``, so that a file stays readable when a
class moves to another module. Networks are stored as arrays of weights.

The checksums of the archive find bytes that were changed or cut off by accident. They
cannot find a change by somebody who writes a new archive: such a model predicts or raises a
``ValueError``, but its weights need not be those of the fit.
"""

from ._about import versions as versions
from ._files import load_model, save_model
from ._files import require_skops as require_skops
from ._info import model_info

__all__ = ["load_model", "model_info", "save_model"]
