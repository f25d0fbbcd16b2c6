"""What runs, told to programs: probes for load balancers, and metrics for Prometheus."""
