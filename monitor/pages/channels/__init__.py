"""The Channels page: where alerts go besides the mailbox."""
