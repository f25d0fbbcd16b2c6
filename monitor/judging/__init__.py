"""What is true of a product's data, without a database: what changed, what is doubtful, which rules
fire, when to check next, what a seller keeps."""
