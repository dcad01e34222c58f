"""The Alertmanager API v2, as Alertmanager itself and Grafana's own Alertmanager speak it: alerts and silences decoded,
silences made, ended and read back. Where the API is served is the caller's to say (``/api/v2``)."""
