"""How dates and times are written, where Django writes them: as on all other pages, in every
language."""
