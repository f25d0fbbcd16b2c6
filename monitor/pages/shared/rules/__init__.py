"""The form of a rule with all that makes one valid, and its trial on history: for the pages of rules and the API."""
