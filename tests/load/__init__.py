"""`python -m tests.load`: what people notice under load. Needs PostgreSQL, Redis and nginx.

Three parts on a copy of the benchmark's database with 5,000 products, while 200 checks a second
run: `people`, 50 who read pages; `polls`, 10,000 open pages that ask for news; `slow`, 200
connections that send and read a byte a second, through nginx. Locust is the browser and takes a
part of the same processors: it prints how much."""
