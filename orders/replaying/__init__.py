"""Reading the archive again with today's readers: what would be told otherwise now?

Nothing is written. It shows what a changed reader, or a wording that staff have
explained, would have made of what providers said before.
"""

from orders.replaying.archive import replay
from orders.replaying.readings import Reading, Verdict

__all__ = ["Reading", "Verdict", "replay"]
