"""What ``make`` runs: the environment, the demo, the tests. Not part of the addon."""
