"""Whether a platform's API does what the addon relies on; see `__main__`."""
