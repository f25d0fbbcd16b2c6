"""Each module measures one thing: `run(provider, quick)` yields figures. The settings are set up
before."""
