"""Every bound of what devices sign and what travels between services, defined once for both languages.

`butik.sales.wire` reads by these, the device checks by them before it signs: `pos/src/shop/bounds.ts` is written from
this file by `python tools/bounds.py`, and `make check` fails when the two differ. Whatever one hop can hold, every
later hop can hold too. Texts are counted in code points, never in bytes or UTF-16 units.
"""

# --- JSON from outside, whoever sends it (lib/outside.py) ---

MAX_DEPTH = 32  # objects and lists within each other; nothing of ours goes beyond eight

# --- bodies, in bytes ---

MAX_SMALL_BODY = 16 * 1024
MAX_JOURNAL_BODY = 8 * 1024 * 1024
MAX_PUSH_PACKED = 2 * 1024 * 1024
MAX_PUSH_UNPACKED = 8 * 1024 * 1024
MAX_STATUS = 64 * 1024  # what a store says of itself with a push
# A signed document as it travels. The longest honest sale has a thousand lines in the longest letters; a push of such
# records alone still fits its body.
MAX_DOCUMENT = 1024 * 1024
MAX_UNREADABLE = 64 * 1024  # that is kept of a record that is no document at all
# What one device may put into a store's quarantine in a day; of more, only number, size and hash are kept.
MAX_QUARANTINE_DAY = 8 * 1024 * 1024
MAX_QUARANTINE_DAY_REVOKED = 2 * 1024 * 1024
QUARANTINE_ROW = 1024  # what a record costs beside its own bytes
MAX_HEADER = 1024  # of a signed document, in base64url
MAX_ANSWER = 16 * 1024 * 1024  # of a chain or an emergency cloud, unpacked
MAX_RECORDS = 500  # of one call
MAX_ITEMS = 500  # of one push

# --- whole numbers ---

MAX_SAFE = 2**53 - 1  # what a browser holds exactly
MAX_INTEGER = 2**31 - 1  # what an integer column holds
MAX_COUNTER = MAX_INTEGER - 1  # so that there is always a next
MAX_AMOUNT = 10**11  # minor units: times the highest VAT rate it is still exact in a browser
MAX_QUANTITY = 10**10  # thousandths
MAX_RATE = 10_000  # hundredths of a percent
MAX_OFFSET = 10**15  # milliseconds: from any clock to any other
MIN_YEAR = 1000  # that is read: a moment is booked however wrong the clock was (sales/checks.py)
MAX_YEAR = 9999
MIN_WRITTEN_YEAR = 1900  # that a device writes, whatever its clock says
MAX_WRITTEN_YEAR = 2900

# --- texts, in code points ---

MAX_NUMBER = 20  # an article's
MAX_TEXT = 30  # of a line on the receipt
MAX_BARCODE = 20
MAX_STAFF_NUMBER = 10
MIN_PIN = 4  # digits
MAX_PIN = 8
MAX_REFERENCE = 60  # a terminal's
MAX_APP = 20
MAX_REASON = 30  # for which a series began or ended
MAX_EVENT_KEY = 30
MAX_EVENT_TEXT = 300
MAX_NAME = 60  # of a person, as she is called on screens and receipts
MAX_ACCEPT_REASON = 300

# --- how many ---

MAX_LINES = 1000
MAX_VAT_RATES = 20  # of one sale
MAX_PAYMENTS = 50
MAX_SERIES_RATES = 100  # of a closing record
MAX_TENDERS = 20
MAX_EVENT_MEMBERS = 20

# --- forms of codes ---

LABEL = "^[NE][1-9][0-9]{0,5}$"  # of a series
HASH = "^[0-9a-f]{64}$"
CURRENCY = "^[A-Z]{3}$"
EVENT_KIND = "^[A-Z][A-Z_]{0,23}$"

UNITS = ("PCS", "KG", "G", "L", "ML", "M")
TENDERS = ("CASH", "CARD")

# --- what a device keeps of what its service has stored, for one that is put back to an older state ---

KEEP_SENT = 2000  # records that the chain has too
KEEP_FOR_STORE = 20_000  # in all, while the chain does not have the oldest

# --- what does not work during an emergency: each has its words on the activation site and in the POS app ---

OUTAGES = (
    "RECEIPT_SEARCH",
    "RETURNS",
    "INTEGRATIONS",
    "ACCOUNT_CUSTOMERS",
    "PRICE_CHANGES",
    "STAFF_CHANGES",
    "PORTAL",
    "STATIONARY",
)
