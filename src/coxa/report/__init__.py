"""Shows a finished case; computes nothing."""
