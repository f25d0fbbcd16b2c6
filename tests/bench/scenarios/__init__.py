"""Each module measures one thing: `run(provider, quick)` yields figures, with the settings made beforehand."""
