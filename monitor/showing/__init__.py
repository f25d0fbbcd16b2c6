"""What pages, the API and mails show: the past made ready, and the queries that they share."""
