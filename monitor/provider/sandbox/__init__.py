"""A stand-in for the product-data API, so that Stallwatch can be seen at work without an account.

Every ID of 1 to 19 digits is a product, the same one for ever. Its last four digits say what it
does:

    last         its price: 0-2 stays, 3-4 steps every few weeks, 5 every few days, 6 is lower at
                 weekends, 7 on some mornings, 8 falls every few days in a price war, 9 steps every
                 few minutes (no shop has one: for trying alerts)
    second last  its sales: 0 none, 1-3 a few a month, 4-5 some a day (5 is audited now and then),
                 6 hidden, 7-9 many
    third last   its shelf: 0-5 is always on sale, 6 is often off shelf, 7 often under review,
                 8 rejected, banned, waiting or abnormal for some days, 9 deleted or not found for
                 some weeks
    fourth last  its shop: 0-3 and 7-9 women's clothes, 4 packaging, 5 snacks, 6 household

These always do the same, for trying what happens then:

    7000000000000000001  off shelf
    7000000000000000002  deleted
    7000000000000000003  abnormal
    7000000000000000004  rejected
    7000000000000000005  banned
    7000000000000000006  under review
    7000000000000000007  approved, waiting to be listed
    7000000000000000010  tells a thin record
    7000000000000000011  tells the record of another product
    7000000000000000012  costs 0.01 yuan one minute in five
    7000000000000002000  not found
    7000000000000004008  too many calls at once

The last is an example: 700000000000000 and a status code of the provider's (4000, 4002, 4013, 4017,
5000 and so on) always answers with that code. Of all other calls 1 in 200 fails by chance, and 3 in
200 tell a thin record.

Each of seven shops tells its range, page by page, and a search finds what they sell. Products come
and go.

`words` are what shops sell, `catalogue` reads an ID, `market` knows prices and sales at any moment,
`records` writes a product down as the provider does, `ranges` knows what a shop sells, `protocol`
answers a call, `views` puts that on HTTP. ID and time decide all; nothing is stored."""
