"""The installed app: its manifest, its service worker, and the page without a connection."""
