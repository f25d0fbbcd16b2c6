"""What a mail about watchlists reports: entries of alerts, sections of a digest, their subjects and their pictures."""
