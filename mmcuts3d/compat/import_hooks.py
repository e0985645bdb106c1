"""Runs a function before or after the import of a module, when it comes.

No repair itself: what the repairs of this folder are installed with, because
a repair needs torch or the package itself, and its installation imports
neither.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

#: Called with the path of a module's file before it runs.
Before = Callable[[str], object]
#: Called with the module after it ran.
After = Callable[[ModuleType], object]


class RepairFinder(importlib.abc.MetaPathFinder):
    """Finds a module where Python would, and adds its repair to the import.

    Attributes:
        repairs (dict): ``(before, after)`` of each module that has a repair.
    """

    def __init__(self) -> None:
        self.repairs: dict[str, tuple[Before | None, After | None]] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Spec of a module that may need repair, None for all others."""
        if fullname not in self.repairs:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is (
            importlib.machinery.SourceFileLoader
        ):
            spec.loader = _RepairLoader(
                spec.loader.name, spec.loader.path, *self.repairs[fullname]
            )
        return spec


class _RepairLoader(importlib.machinery.SourceFileLoader):
    def __init__(
        self, name: str, path: str, before: Before | None, after: After | None
    ) -> None:
        super().__init__(name, path)
        self.before, self.after = before, after

    def exec_module(self, module: ModuleType) -> None:
        if self.before is not None:
            self.before(self.path)
        super().exec_module(module)
        if self.after is not None:
            self.after(module)


def add_hook(
    module: str, before: Before | None = None, after: After | None = None
) -> None:
    """Runs functions around the import of a module.

    A module that is imported already is left alone.

    Args:
        module (str): Full name of a module that is a source file.
        before (callable, optional): Gets the path of its file. Defaults to
            None.
        after (callable, optional): Gets the module. Defaults to None.
    """
    finder = next((f for f in sys.meta_path if type(f) is RepairFinder), None)
    if finder is None:
        finder = RepairFinder()
        sys.meta_path.insert(0, finder)
    finder.repairs[module] = (before, after)
