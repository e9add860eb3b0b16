"""The face of Kagimori: the only place that joins rules, connectors, settings and people."""
