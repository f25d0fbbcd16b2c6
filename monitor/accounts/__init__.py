"""Accounts: sessions, throttled logins, new accounts, lost passwords, changes of address."""
