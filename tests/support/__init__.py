"""What the end-to-end tests share: a provider, its people, its screens."""
