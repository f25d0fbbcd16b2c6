"""What happens while nobody looks: products are checked within a day's budget, and what the replies
tell is recorded."""
