"""codelode: index source trees at close to disk speed, and ask exact and ranked questions about them.

>>> from codelode import Index
>>> index = Index("path/to/tree")          # doctest: +SKIP
>>> index.refresh()                        # doctest: +SKIP
>>> index.search("parse config").hits[0]   # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codelode.app import Index
    from codelode.many import Indexes

__version__ = "0.1.0"
__all__ = ["Index", "Indexes", "__version__"]


def __getattr__(name: str) -> Any:
    # Importing codelode must cost nothing: the command line starts here (PEP 562).
    if name == "Index":
        from codelode.app import Index

        return Index
    if name == "Indexes":
        from codelode.many import Indexes

        return Indexes
    raise AttributeError(f"module 'codelode' has no attribute {name!r}")
