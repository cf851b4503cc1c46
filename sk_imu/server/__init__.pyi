# The names of the package, registered once: ``__init__.py`` imports them on first use,
# because they need the extra ``serve``.
from ._app import create_app as create_app
from ._collect import create_collect_app as create_collect_app
from ._https import own_certificate as own_certificate
from ._limits import Limits as Limits
from ._running import check_address as check_address
from ._running import serve as serve
