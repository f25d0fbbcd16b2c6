"""The limits on what is kept of a reply, and of what people write. Database columns use the same
numbers."""

MAX_BODY_BYTES = 4 * 1024 * 1024

MAX_TITLE = 500
MAX_NAME = 200
MAX_SHOP_ID = 64
MAX_URL = 500
MAX_REQUEST_ID = 64
MAX_CODE = 32
MAX_REASON = 200

MAX_IMAGES = 50
MAX_GROUPS = 20
MAX_GROUP_VALUES = 200
MAX_FREIGHT_RULES = 60
#: Provinces, and cities where a rule covers only part of a province.
MAX_PROVINCES = 500
MAX_ATTRIBUTES = 100
MAX_PROMISES = 50
MAX_SKUS = 2_000
#: Products on one page of a shop or a search; the provider's pages have 20.
MAX_LISTED = 500

#: ¥10,000,000,000. Nothing on sale costs more, and sums of such prices still fit 64 bits.
MAX_FEN = 10**12
#: Units sold or in stock.
MAX_UNITS = 10**12

#: What people write beside a product.
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 10, 30, 200
