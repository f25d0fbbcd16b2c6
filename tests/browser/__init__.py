"""The pages in a real Chromium, with the security policy on."""
