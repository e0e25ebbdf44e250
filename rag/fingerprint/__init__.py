"""Fingerprints of texts: what is nearly the same, or the same in part. A kind a file; none knows what a report is."""
