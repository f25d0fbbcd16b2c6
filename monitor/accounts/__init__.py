"""People at the door and their settings: sessions, who may try how often, joining, lost passwords, new addresses."""
