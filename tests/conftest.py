"""What must be set before the first test module imports anything."""

import os

# scikit-learn's array API check is skipped unless scipy reads this while it is
# imported, so it stands above every other import.
os.environ["SCIPY_ARRAY_API"] = "1"
# Figures are drawn on machines without a screen.
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings

# A busy machine is no fault of the code: no example has a time limit.
settings.register_profile("sk_imu", deadline=None)
settings.load_profile("sk_imu")
