"""Recognize which exercise someone is doing from the motion sensors of a phone or watch.

Estimators for scikit-learn and sktime: see :mod:`sk_imu.datasets` for recordings and
:mod:`sk_imu.study` for the comparison of all models.

The public names are registered in ``__init__.pyi`` and imported on first use, so that
``import sk_imu`` loads neither torch nor sktime nor matplotlib.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
