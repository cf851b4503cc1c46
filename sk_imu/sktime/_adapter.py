"""What all adapters to sktime share: a core and its parameters."""

import inspect
import re
import textwrap
from collections.abc import Callable, Collection
from typing import Any, ClassVar

# What every adapter's docstring says, filled in by its core.
_DOCUMENTATION = """\
{remark}

{parameters}

Attributes
----------
estimator_ : {core}
    The fitted scikit-learn estimator.{attributes}

See Also
--------
sk_imu.{core} : The scikit-learn estimator."""


def carries(core: Any, without: Collection[str] = ()) -> Callable[[type], type]:
    """Give an adapter the parameters of a scikit-learn class and their documentation.

    The signature and the place of ``{documentation}`` in the docstring are filled in, so
    that nothing is written down a second time.
    """
    parameters = inspect.signature(core.__init__).parameters.values()
    signature = inspect.Signature([p for p in parameters if p.name not in without])

    def fill_in(cls: Any) -> type:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            for name, value in list(bound.arguments.items())[1:]:
                setattr(self, name, value)
            super(cls, self).__init__()

        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = __init__
        cls._core = core
        text = _DOCUMENTATION.format(
            remark=cls._remark,
            parameters=_parameter_text(core, without),
            core=core.__name__,
            attributes=cls._attributes,
        )
        cls.__doc__ = (cls.__doc__ or "").replace(
            "    {documentation}", textwrap.indent(text, "    ")
        )
        return cls

    return fill_in


def _parameter_text(core: type, without: Collection[str]) -> str:
    """Return the section of the parameters of a class's docstring."""
    sections = re.split(r"\n\n(?=\w[\w ]*\n-+\n)", inspect.getdoc(core) or "")
    text = "".join(part for part in sections if part.startswith("Parameters\n"))
    entries = re.split(r"\n(?=\S)", text)
    return "\n".join(e for e in entries if e.partition(" :")[0] not in without)


class Adapter:
    """Base of all adapters: they fit the estimator that they carry, with its parameters."""

    _core: ClassVar[type]
    _test_params: ClassVar[list[dict[str, Any]]]
    _remark: ClassVar[str]
    _attributes: ClassVar[str] = ""
    get_params: Callable[..., dict[str, Any]]

    def _fit_core(self, *data: Any) -> Any:
        self.estimator_ = self._core(**self.get_params(deep=False))
        self.estimator_.fit(*data)
        return self

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameters of small instances for sktime's tests.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored: there is one set.

        Returns
        -------
        params : list of dict
            The parameters of each instance.
        """
        return cls._test_params
