"""Lists, their products, follows, pairings, imports and sheets: every write that pages, the API,
the admin and commands share, and who may do it."""
