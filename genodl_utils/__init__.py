"""Helpers of the executable book *Deep Learning for Genomics*.

A module is loaded when it is first used, so ``import genodl_utils`` costs almost nothing and never imports Keras.

Examples
--------
>>> import genodl_utils
>>> genodl_utils.sequences.reverse_complement("GATTACA")
'TGTAATC'
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = [
    "datasets",
    "evaluation",
    "interpretation",
    "intervals",
    "models",
    "pileup",
    "plots",
    "results",
    "sequences",
    "simulate",
    "splits",
    "training",
]


def __getattr__(name: str) -> Any:
    """Import a module of the package, or look the version up, on first use (PEP 562)."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "__version__":
        from importlib import metadata

        try:
            return metadata.version("genodl-utils")
        except metadata.PackageNotFoundError:  # a source tree that was never installed
            return "0+unknown"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
