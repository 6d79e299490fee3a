"""Who is in the demo. Known to everybody, hence only on this machine (shop.checks)."""

CUSTOMER = "customer@example.com"
ADMIN = "admin@example.com"
PASSWORD = "magpie-demo"  # noqa: S105 - printed by `make demo`
PROVIDER = "Practice provider"
