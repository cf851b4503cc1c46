"""A service that recognizes exercises while phones push their samples, and its page.

:func:`create_app` makes the service of a fitted model, and :func:`serve` runs it. Both need
the extra ``serve``: ``pip install "sk_imu[serve]"``.

A page or an endpoint is added by an ``APIRouter`` of FastAPI::

    from fastapi import APIRouter, Depends
    from ._service import Service, service_of

    router = APIRouter()

    @router.get("/collect")
    async def collect(service: Annotated[Service, Depends(service_of)]): ...

    app = create_app(model, database=..., token=..., routers=[router])

All routes ask for the token, have limits on their bodies and get the security headers,
because these are a layer around the app. ``service`` has the parts:

- ``service.store``: what was pushed. ``store.sessions()`` lists the sessions,
  ``store.recording_of(session, start_s=None, end_s=None)`` returns the samples as a
  :class:`~sk_imu.Recording`; seconds count from the session's ``epoch_ns``, the clock of
  the live answers. It reads and decodes, so call it by ``await service.in_thread(f, ...)``.
- ``service.live``: the live state of each session; ``live.snapshot(session)`` is what the
  page shows. The sessions are recognized by one thread, or by a process of its own, which
  read the messages from the database: ``service.live.use(model)`` changes the model.

Files of a page lie in a folder of their own and are served by
``app.mount("/name", static_files(folder))`` of ``_pages``. Its HTML extends ``base.html``,
which has the head of all pages, and is returned by ``page_of(path)``. Nothing that comes
from outside becomes a part of a file's name.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
