"""The spec language: YAML text becomes a checked, frozen :class:`~flopcalc.spec.model.Spec`."""

from flopcalc.spec.loader import is_path, load
from flopcalc.spec.model import Parameter, Spec

__all__ = ["Parameter", "Spec", "is_path", "load"]
