"""Does a change deserve an alert? Pure: a condition, its memory and a product's or shop's data in,
firings out.

Because nothing is read or written here, the same functions judge live changes and replays of
history."""
