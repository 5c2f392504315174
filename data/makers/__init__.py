"""One function for each data set that has a simulated sample: see make_samples.py."""
