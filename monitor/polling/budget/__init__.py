"""May we call? Calls are reserved before they are made and settled after."""
