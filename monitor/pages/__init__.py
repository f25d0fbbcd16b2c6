"""One room a page. No page imports another; what several need is in `shared`."""
