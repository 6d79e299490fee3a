"""A provider to practise on: a real HTTP server that speaks the provider protocol.

It sells some sixty honest digital services from a catalogue of its own, keeps its own
book of money and orders, and lets every order live its whole life in seconds. It needs
nothing but Python, imports nothing of the shop, and keeps its own table of service
types, so that it can be a witness against the shop.

By hand::

    python -m sandbox --port 8081 --key practice
    curl -d key=practice -d action=balance http://127.0.0.1:8081/api/v2
    curl -d key=practice -d action=add -d service=1101 -d quantity=60 \\
         -d link=https://example.com/film http://127.0.0.1:8081/api/v2
    curl http://127.0.0.1:8081/_book

In a test, with a clock of its own so that nothing has to sleep::

    vendor = Vendor(demo(), Terms(key="practice", speed=20), clock=lambda: now)
    with running(vendor) as address:      # sandbox.server
        requests.post(f"{address}/api/v2", data={"key": "practice", ...})
    vendor.ledger.balance, vendor.orders, vendor.calls

Every POST of a form, at any path, is a call. `GET /` says what this is, `GET /_book`
is everything the sandbox holds: balance, orders by link and by request, refills,
cancels, what was refused, and how often each action was called. `GET /_faults` is what
goes wrong at present, and a POST there changes it; docs/sandbox.md says how.

How an order lives. One life takes `speed` seconds: Pending for the first 15 %,
Processing until 25 %, then In progress while `remains` counts down, then Completed. A
drip-feed of five runs takes five lives; a subscription finds a new post every life
(intervals and delays in minutes are checked, then scaled away). With `--children` each
run of a drip-feed is an order of its own, started a life after the one before. A cancel takes effect
a twentieth of a life after it was asked for. A refill takes one life.

How an order ends is drawn from the seed and the order's number, in the shares asked
for, unless the fragment of its link says otherwise:

    https://example.com/film#complete      Completed, whatever the shares say
    https://example.com/film#partial       Partial, a third is left undone
    https://example.com/film#partial=157   Partial, 157 units are left undone
    https://example.com/film#cancel        Canceled before it starts, charge 0
    https://example.com/film#fail          Failed before it starts, charge 0
    https://example.com/film#slow          takes ten times as long
    https://example.com/film#reject        its refills are Rejected
    https://example.com/film#refuse        never accepted: "Bad link"
    https://example.com/film#fault=NAME    the `add` meets the fault NAME

Several are joined with `&`: `#slow&partial`.
"""
