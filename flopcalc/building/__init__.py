"""A spec and values for its parameters become a graph: blocks are expanded and shapes inferred in the same pass."""

from flopcalc.building.checks import Checks
from flopcalc.building.network import Built, build
from flopcalc.building.site import MOST_LAYERS

__all__ = ["MOST_LAYERS", "Built", "Checks", "build"]
