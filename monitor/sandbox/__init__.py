"""A stand-in for the product-data API, so that Stallwatch can be seen at work without an account.

`world` knows what every product is like at any moment, `records` writes it down as the provider does, `protocol`
answers a request, `views` puts that on HTTP, `demo` replays the past. Nothing is stored: product and time decide all.
"""
