"""What the API's page says about each action: words for people, examples for programs."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from api.errors import Wording

Text = str | Promise


@dataclass(frozen=True)
class Parameter:
    """One parameter of an action."""

    name: str
    text: Text
    required: bool = True


@dataclass(frozen=True)
class Action:
    """One action: what it does, what it takes, and what it answers."""

    name: str
    title: Text
    text: Text
    example: tuple[str, ...]
    answer: str
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Section:
    """An action with its example as it is typed, at this shop's address."""

    action: Action
    call: str


def sections(*, address: str) -> list[Section]:
    """Return all actions, with calls to `address`."""
    return [Section(action, _call(address, action)) for action in ACTIONS]


def _call(address: str, action: Action) -> str:
    given = ("key=KEY", f"action={action.name}", *action.example)
    lines = [f"curl {address}", *(f"-d {pair}" for pair in given)]
    return " \\\n  ".join(lines)


_ORDERS = Parameter(
    "order", _("One order's number; or `orders`, up to 100 with commas between them.")
)

ACTIONS = (
    Action(
        "services",
        _("List of services"),
        _("All services on sale, at your own prices."),
        (),
        """[
  {
    "service": 1,
    "name": "Subtitles, per minute",
    "type": "Default",
    "category": "Subtitles",
    "rate": "0.9",
    "min": "50",
    "max": "10000",
    "refill": true,
    "cancel": true,
    "dripfeed": false
  }
]""",
        notes=(
            _(
                "`rate` is per 1,000, or per package for the types Package and Custom "
                "Comments Package."
            ),
            _("`desc` and `average_time` are there where they are known."),
        ),
    ),
    Action(
        "add",
        _("New order"),
        _("Orders a service and charges your balance."),
        ("service=1", "link=https://example.com/film", "quantity=100"),
        """{"order": 81}""",
        (
            Parameter("service", _("The service's number.")),
            Parameter("link", _("The full address, with https://")),
            Parameter("quantity", _("How many, between the service's min and max.")),
            Parameter("runs", _("Drip-feed: how many times."), required=False),
            Parameter("interval", _("Drip-feed: minutes between."), required=False),
            Parameter(
                "comments",
                _("For Custom Comments: one per line, instead of quantity."),
                required=False,
            ),
            Parameter(
                "username, min, max, posts, delay",
                _(
                    "For Subscriptions, instead of link and quantity; `old_posts` and "
                    "`expiry` (day/month/year) where wanted."
                ),
                required=False,
            ),
            Parameter(
                "reference",
                _("What you call the order, up to 100 letters: find it by it later."),
                required=False,
            ),
            Parameter(
                "idempotency_key",
                _(
                    "A text of your own: the same key with the same order is answered "
                    "with the same number and charged once. Or the header "
                    "Idempotency-Key."
                ),
                required=False,
            ),
        ),
        (
            _(
                "Other types take the fields of the protocol: usernames, hashtags, "
                "hashtag, media, answer_number, groups, country, device, "
                "type_of_traffic, google_keyword, referring_url."
            ),
            _(
                "No answer came? Send the same call with the same idempotency_key again."
            ),
        ),
    ),
    Action(
        "status",
        _("Status of orders"),
        _("Where an order is; for several, an answer for each number."),
        ("order=81",),
        """{
  "charge": "0.09",
  "start_count": "3572",
  "status": "In progress",
  "remains": "57",
  "currency": "USD"
}""",
        (_ORDERS,),
        (
            _(
                "`status` is Pending, Processing, In progress, Completed, Partial or "
                "Canceled. `charge` is what you paid after refunds."
            ),
            _(
                "A drip-feed has `runs` (how many are done) and `orders` (the numbers of "
                "its runs) beside them. A subscription has `expiry`, `posts` and "
                "`orders`; its status may be Active, Paused or Expired, too. Those "
                "numbers may be asked about like orders."
            ),
        ),
    ),
    Action(
        "refill",
        _("Refill"),
        _("Asks for a refill of what was lost."),
        ("order=81",),
        """{"refill": "7"}""",
        (_ORDERS,),
        (
            _(
                "Not possible yet? The answer says from when on, in UTC: "
                "Possible from 2026-01-31T12:00:00Z"
            ),
        ),
    ),
    Action(
        "refill_status",
        _("Status of refills"),
        _("How far a refill is."),
        ("refill=7",),
        """{"status": "Completed"}""",
        (
            Parameter(
                "refill",
                _("One refill's number; or `refills`, up to 100 with commas."),
            ),
        ),
        (_("Pending, In progress, Completed or Rejected."),),
    ),
    Action(
        "cancel",
        _("Cancel"),
        _("Asks to cancel orders. 1 means asked for; the status says when it is done."),
        ("orders=81,82",),
        """[
  {"order": 81, "cancel": 1},
  {"order": 82, "cancel": {"error": "Incorrect order ID"}}
]""",
        (Parameter("orders", _("Up to 100 numbers, with commas between them.")),),
    ),
    Action(
        "balance",
        _("Balance"),
        _("What you can spend."),
        (),
        """{"balance": "12.5", "currency": "USD"}""",
    ),
    Action(
        "updates",
        _("Updates"),
        _("What happened to services: the newest 100."),
        (),
        """[
  {
    "id": 311,
    "kind": "price_down",
    "service": 1,
    "name": "Subtitles, per minute",
    "category": "Subtitles",
    "time": "2026-01-31T12:00:00Z",
    "old_rate": "1",
    "rate": "0.9"
  }
]""",
        (
            Parameter(
                "kind",
                _("new, resumed, price_up, price_down, paused or withdrawn."),
                required=False,
            ),
            Parameter(
                "before",
                _("The last `id` that you have: the next 100 follow."),
                required=False,
            ),
        ),
    ),
)

# What programs read, and what it means.
WORDINGS: tuple[tuple[Wording, Text], ...] = (
    (Wording.KEY, _("There is no such key, or it was replaced or revoked.")),
    (
        Wording.ADDRESS,
        _("You allow your key from certain addresses only, and this is none of them."),
    ),
    (Wording.SERVICE, _("There is no such service, or it is not on sale just now.")),
    (Wording.ORDER, _("There is no such order of yours.")),
    (Wording.FUNDS, _("The charge is more than your balance.")),
    (Wording.MOST_IDS, _("Ask about the others in another call.")),
    (
        Wording.IDEMPOTENCY_KEY_USED,
        _("Take a new key for every order; keep it for repeats of the same one."),
    ),
    (Wording.TOO_OFTEN, _("Wait for as many seconds as Retry-After says.")),
    (Wording.ACTION, _("There is no such action.")),
)
