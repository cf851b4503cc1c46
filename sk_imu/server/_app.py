"""The service as an ASGI app."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from ._limits import Limits
from ._needs import needs_serve

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

    from ._alone import AlonePage
    from ._mqtt import Subscriber
    from ._service import Service


def create_app(
    model: Any,
    *,
    database: str,
    token: str | None = None,
    platform: str | None = None,
    step_seconds: float = 0.5,
    side: str | None = None,
    processes: int = 0,
    mqtt: str | None = None,
    limits: Limits | None = None,
    routers: "Sequence[APIRouter]" = (),
) -> "FastAPI":
    """Return the service that recognizes what phones push.

    Parameters
    ----------
    model : ExerciseClassifier, Pipeline, str, pathlib.Path or None
        The fitted model, or the path of a file of it: that of
        :func:`~sk_imu.persistence.save_model`, or an exported ONNX file, whose name ends
        with ``.onnx``. With None, messages are stored and nothing is recognized.
    database : str
        Where messages are stored, as SQLAlchemy names it: ``"sqlite:///live.db"`` or
        ``"postgresql+psycopg://..."``.
    token : str, default=None
        The secret that every request must know: in the header ``Authorization``, in the
        address as ``?token=``, or in the cookie that the page sets. None makes one, which
        the database keeps.
    platform : {"android", "ios"}, default=None
        The phones' platform, whose signs and units the samples have. None takes it from
        the data.
    step_seconds : float, default=0.5
        Time between two answers.
    side : {"left", "right"}, default=None
        The side of the body that the phones are on, for models that mirror one side.
    processes : int, default=0
        How many processes recognize, each its sessions. They leave this one to answer the
        phones, and each recognizes about fifty phones. 0 recognizes in a thread. Processes
        are spawned, so a script needs ``if __name__ == "__main__":``.
    mqtt : str, default=None
        A broker and a topic to which phones publish, such as
        ``"mqtts://user:password@host:8883/topic"``; ``mqtt:`` is not encrypted. Its
        messages are taken as those that are pushed, and acknowledged when they are in the
        database.
    limits : Limits, default=None
        How much is taken. None takes the defaults.
    routers : sequence of APIRouter, default=()
        Further routes.

    Returns
    -------
    app : FastAPI
        An ASGI app, for :func:`serve`. ``app.state.token`` is the token.

    Raises
    ------
    ImportError
        If the extra ``serve`` is not installed.
    TypeError, ValueError
        If the model can't be used on a stream, the database can't be opened, the token is
        too short, or the address of the broker is none.

    Examples
    --------
    >>> from sk_imu.server import create_app
    >>> app = create_app(
    ...     "model.onnx", database="sqlite:///live.db", token="long-secret"
    ... )  # doctest: +SKIP
    """
    with needs_serve():
        from fastapi import FastAPI

        from . import _alone as alone
        from . import _pages as pages
        from . import _phone as phone
        from . import _push as push
        from . import _sessions as sessions
        from ._guard import Guard
        from ._live import Live
        from ._models import model_file, served_model
        from ._mqtt import Subscriber, broker_of
        from ._service import Service
        from ._store import Store
    _check(token, platform, processes)
    broker = None if mqtt is None else broker_of(mqtt)
    limits = limits or Limits()
    served, about = served_model(model)
    store = Store(database)
    live = Live(
        served,
        store,
        limits,
        platform=platform,
        step_seconds=step_seconds,
        side=side,
        processes=processes,
    )
    service = Service(store, live, limits, about)
    subscriber = None if broker is None else Subscriber(broker, service)
    page = alone.AlonePage(model_file(model))

    def lifespan(_: FastAPI) -> AbstractAsyncContextManager[None]:
        return _running(service, subscriber, page)

    # Its own pages of documentation load files from elsewhere.
    app = FastAPI(title="sk_imu", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.service, app.state.token = service, token or store.token()
    app.state.alone_page = page
    known = (push.router, sessions.router, pages.router, phone.router, alone.router)
    for router in (*known, *routers):
        app.include_router(router)
    app.mount("/page", pages.static_files(pages.PAGE))
    guarded = {"token": app.state.token, "limits": limits, "refused": service.refused}
    app.add_middleware(Guard, **guarded)
    return app


@asynccontextmanager
async def _running(
    service: "Service", subscriber: "Subscriber | None", page: "AlonePage"
) -> AsyncIterator[None]:
    """Do what goes on beside the requests."""
    retiring = asyncio.create_task(service.retire_idle())
    if subscriber is not None:
        await subscriber.start()
    yield
    if subscriber is not None:
        await subscriber.close()
    retiring.cancel()
    await page.close()
    service.close()


def _check(token: Any, platform: Any, processes: Any) -> None:
    from ._guard import check_token

    if token is not None:
        check_token(token)
    if platform not in (None, "android", "ios"):
        raise ValueError(f"platform must be 'android', 'ios' or None, got {platform!r}.")
    if not isinstance(processes, int) or isinstance(processes, bool) or processes < 0:
        raise ValueError(
            f"processes must be a whole number of at least 0, got {processes!r}."
        )
