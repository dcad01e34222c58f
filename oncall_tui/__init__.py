"""oncall-tui: a terminal dashboard for the on-call seat."""

import sys
from pathlib import Path

__version__ = "0.1.0"

# widgets/ and screens/ stand beside this package in a checkout; a wheel carries them
# in _ui/, so that site-packages receives one name only. Ours come first either way.
_here = Path(__file__).parent
_ui = _here / "_ui"
_root = str(_ui if _ui.is_dir() else _here.parent)
if sys.path[:1] != [_root]:
    sys.path.insert(0, _root)
