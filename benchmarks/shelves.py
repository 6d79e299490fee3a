"""A made-up catalogue of any size, written by SQL: the same at each run.

Names are as resellers write them: brands, emoji, Korean, brackets with figures, and a
few that are very long.
"""

from django.db import connection
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Order
from provider.models import Favourite, Service

BRANDS = (
    "Instagram", "TikTok", "YouTube", "Facebook", "X (Twitter)", "Telegram", "Threads",
    "Spotify", "SoundCloud", "Twitch", "LinkedIn", "Pinterest", "Discord", "Naver 네이버",
    "KakaoTalk 카카오톡", "인스타그램", "유튜브", "틱톡", "Website Traffic", "Quora",
)  # fmt: skip
KINDS = (
    "Followers", "Likes", "Views", "Comments", "Shares", "Story Views", "Live Viewers",
    "Saves", "Subscribers 구독자", "팔로워", "좋아요", "조회수", "Plays", "Members",
    "Watch Time", "Reach + Impressions",
)  # fmt: skip
TRAITS = (
    "Real", "High Quality", "Premium", "No Drop", "Old Accounts", "한국인", "실제 계정",
    "USA 🇺🇸", "Korea 🇰🇷", "Brazil 🇧🇷", "Türkiye", "España", "Mixed", "Cheapest", "Instant Start",
    "Slow & Natural", "Female", "24/7", "Non Drop ♻️", "VIP",
)  # fmt: skip
MARKS = ("", "", "🔥 ", "⭐ ", "✅ ", "⚡ ", "🆕 ", "💎 ")

# What a service is follows from its number alone, by a hash: the same at each run.
PICK = """
    CREATE OR REPLACE FUNCTION pg_temp.pick(items text[], number bigint, salt bigint)
    RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT items[1 + abs(hashint8extended(number, salt) %% cardinality(items))]
    $$
"""
CATEGORIES = """
    INSERT INTO provider_category (name, position)
    SELECT brand || ' ' || kind, row_number() OVER ()
    FROM unnest(%(brands)s::text[]) AS brand, unnest(%(kinds)s::text[]) AS kind
"""
SERVICES = """
    INSERT INTO provider_service (
        category_id, name, description, type, min, max, price, refill, cancel, dripfeed,
        average_time, active, off_reason, set_by_hand, created_at)
    SELECT
        category.id,
        pg_temp.pick(%(marks)s, number, 1) || category.name
            || ' [ ' || pg_temp.pick(%(traits)s, number, 2)
            || ' ] [ Max ' || 5 * (1 + number %% 200) || 'K ] [ '
            || 10 * (1 + number %% 50) || 'K/Day ] '
            || pg_temp.pick(%(traits)s, number, 3)
            || CASE WHEN number %% 3 = 0 THEN ' | R' || 15 * (1 + number %% 6) ELSE '' END
            || CASE WHEN number %% 40 = 0
                THEN repeat(' · ' || pg_temp.pick(%(traits)s, number, 4), 20) ELSE '' END,
        CASE WHEN number %% 2 = 0 THEN repeat('What to know before ordering. ', 20)
            ELSE '' END,
        CASE number %% 20 WHEN 0 THEN 'package' WHEN 1 THEN 'custom_comments'
            ELSE 'default' END,
        10, 1000 * (1 + number %% 500), (1 + number %% 9973) * 0.0037,
        number %% 3 = 0, number %% 4 = 0, number %% 5 = 0,
        CASE WHEN number %% 2 = 0 THEN (1 + number %% 90) || ' minutes' ELSE '' END,
        number %% 50 > 0, '', '{}', now() - number * interval '1 minute'
    FROM generate_series(1, %(number)s::bigint) AS number
    JOIN (
        SELECT id, name, row_number() OVER (ORDER BY id) - 1 AS place,
            count(*) OVER () AS places
        FROM provider_category
    ) AS category
        ON category.place = abs(hashint8extended(number, 5) %% category.places)
"""


# What all of them are known to do, and a customer who has used some.
HEALTH = """
    INSERT INTO orders_servicehealth (
        service_id, orders, started, start_median, start_most, completed, finish_median,
        finish_most, ended, partial, canceled, refills, refilled)
    SELECT id, 84, 84, 60 * (1 + id % 90), 7200, 80, 14400, 90000, 84, 2, 1, 20, 19
    FROM provider_service WHERE id % 2 = 0
"""
SPEED = """
    UPDATE provider_listing SET speed = start_median FROM orders_servicehealth AS health
    WHERE health.service_id = provider_listing.service_id
"""


def fill(number: int) -> None:
    """Write `number` services, nearly all on sale, into the emptied catalogue."""
    values = {
        "brands": list(BRANDS), "kinds": list(KINDS), "traits": list(TRAITS),
        "marks": list(MARKS), "number": number,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE provider_category, provider_listing CASCADE")
        cursor.execute(PICK, {})
        cursor.execute(CATEGORIES, values)
        cursor.execute(SERVICES, values)
        cursor.execute(HEALTH)
        cursor.execute(SPEED)
        cursor.execute("VACUUM ANALYZE")


def use(customer: User) -> None:
    """Let the customer have ordered fifty services, and put stars on them."""
    services = list(Service.objects.filter(active=True, type="default")[:50])
    Favourite.objects.bulk_create(
        Favourite(customer=customer, service=service) for service in services
    )
    Order.objects.bulk_create(
        Order(
            customer=customer, service=service, type=service.type, units=1000,
            price=1, charge=1, next_at=Now(),
        )
        for service in services
    )  # fmt: skip
