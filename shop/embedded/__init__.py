"""PostgreSQL and Valkey for a machine where nobody has set up either.

One *keeper* process (`python -m shop.embedded`) owns both servers of a state folder.
Whoever uses them holds a shared lock; when nobody does any more, the keeper stops them.
"""
