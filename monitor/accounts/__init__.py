"""Accounts: logins, their throttles and second factors, sessions, new accounts, lost passwords,
changes of address."""
