"""Writes the index of the packaged specs when a wheel is built, so that a name is found without reading the files."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SpecIndex(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # a checkout reads its own specs
        sys.path.insert(0, self.root)
        from flopcalc.spec.catalog import INDEX_FILE, write_index

        target = Path(tempfile.mkdtemp()) / INDEX_FILE
        write_index(Path(self.root) / "specs", target)
        build_data["force_include"][str(target)] = f"flopcalc/_specs/{INDEX_FILE}"
