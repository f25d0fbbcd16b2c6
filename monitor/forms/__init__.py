"""What people type and choose, checked. Filters never refuse: what they cannot read counts as not given."""
