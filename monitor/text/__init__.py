"""Values and sentences as people read them."""
