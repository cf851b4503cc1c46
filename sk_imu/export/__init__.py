"""Fitted models as files for devices, which give scikit-learn's answers without it.

The names are registered in ``__init__.pyi`` and imported on first use, because each format
needs packages of its own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
