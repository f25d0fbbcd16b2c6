"""Accounts: logins, their throttles and second factors, sessions, new accounts, lost passwords,
changes of address; what a person may have and ask for, when to tell, and the audit log."""
