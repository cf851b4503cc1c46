"""The study: pipelines, protocols from leaked to honest, one run, one set of results.

The names are registered in ``__init__.pyi`` and imported on first use, so that the command
line reads the options of :class:`StudyConfig` without loading torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
# For other packages of sk_imu; and wear_of has replaced placement_of.
_NOT_PUBLIC = (
    *("StudyConfig", "confused_pairs", "placement_of"),
    *("shortest_window_s", "window_text"),
)
__all__ = [name for name in __all__ if name not in _NOT_PUBLIC]
