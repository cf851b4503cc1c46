"""The live service with the page on which its model is collected and fitted."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._app import create_app
from .._limits import Limits
from .._needs import needs_serve
from ._folder import SetFolder

#: A new model must not be busy with all that was collected before.
_REPLAYED_S = 30

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_collect_app(
    folder: str | Path,
    *,
    database: str | None = None,
    token: str | None = None,
    out: str | Path | None = None,
    limits: Limits | None = None,
) -> "FastAPI":
    """Return the service whose page ``/collect`` records sets and fits a model.

    A phone sends its samples from the page ``/phone``, or with the app Sensor Logger. Sets
    that are kept are written to ``folder/subject/exercise/recording``, which ``sk-imu fit``
    and ``sk-imu study`` read. The fitted model goes live on the page ``/``.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder of the sets, which is made if it is not there. Its ``manifest.csv`` lists
        them with their placements.
    database : str, default=None
        Where all messages are stored, as SQLAlchemy names it; None takes a hidden SQLite
        file in the folder.
    token : str, default=None
        As in :func:`create_app`.
    out : str or pathlib.Path, default=None
        The model file. If it is there, its model is live from the start. None takes
        ``model.skops`` in the folder.
    limits : Limits, default=None
        As in :func:`create_app`. None takes the defaults, except that a new model
        recognizes no more than the last 30 s of a session anew.

    Returns
    -------
    app : FastAPI
        An ASGI app, for :func:`serve`.

    Raises
    ------
    ImportError
        If the extra ``serve`` is not installed.
    ValueError
        If the folder is a file, its manifest can't be continued, the model file can't be
        written there, or the database or the model can't be opened.

    Examples
    --------
    >>> from sk_imu.server import create_collect_app, serve
    >>> app = create_collect_app("sets", token="long-secret")  # doctest: +SKIP
    >>> serve(app, host="0.0.0.0")  # doctest: +SKIP
    """
    with needs_serve():
        from ...persistence import require_skops
        from ._routes import collect_router
        from ._training import Training
    require_skops()  # before sets are collected, not after
    sets = SetFolder(folder)
    file = sets.path / "model.skops" if out is None else Path(out)
    if file.suffix.lower() != ".skops":
        raise ValueError(f"{file}: a model file ends in .skops. Give another name.")
    if not file.parent.is_dir():  # a fit must not fail at its end
        raise ValueError(f"{file}: there is no folder {file.parent}. Make it first.")
    app: FastAPI

    def go_live(path: Path) -> None:
        _go_live(app, path)

    training = Training(sets.path, file, go_live)
    app = create_app(
        file if file.exists() else None,
        database=database or f"sqlite:///{(sets.path / '.sk_imu-live.db').as_posix()}",
        token=token,
        limits=limits or Limits(replayed_seconds=_REPLAYED_S),
        routers=[collect_router(sets, training)],
    )
    app.state.training = training
    app.state.alone_page.model = file
    return app


def _go_live(app: Any, path: Path) -> None:
    """Recognize with the model of a file from now on."""
    from .._models import served_model

    service = app.state.service
    model, about = served_model(path)
    service.live.use(model)
    service.about = about
