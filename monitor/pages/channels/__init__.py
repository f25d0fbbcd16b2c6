"""The Channels page: where alerts go."""
