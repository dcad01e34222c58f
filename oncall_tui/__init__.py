"""oncall-tui: a terminal dashboard for the on-call seat."""

import os
import sys

__version__ = "0.1.0"

# widgets/ and screens/ stand beside this package in a checkout; a wheel carries them
# in _ui/, so that site-packages receives one name only. Ours come first either way.
# (Without pathlib: what stands here is imported before the first picture.)
_here = os.path.dirname(__file__)  # noqa: PTH120
_ui = os.path.join(_here, "_ui")  # noqa: PTH118
_root = _ui if os.path.isdir(_ui) else os.path.dirname(_here)  # noqa: PTH112, PTH120
if sys.path[:1] != [_root]:
    sys.path.insert(0, _root)
