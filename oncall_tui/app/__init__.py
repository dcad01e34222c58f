"""The dashboard's face: the only place that knows desk and screens."""

from oncall_tui.app.face import AppSettings, OncallApp, build_app, run_app

__all__ = ["AppSettings", "OncallApp", "build_app", "run_app"]
