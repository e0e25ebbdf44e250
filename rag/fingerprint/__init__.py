"""Fingerprints of texts: what is nearly the same without being equal. A kind a file; none knows what a report is."""
