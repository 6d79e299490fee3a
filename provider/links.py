"""One spelling for each page, however its link is written. Pure; no database.

`key_of` is for comparing only: two orders for the same page have the same key, a stop
list holds keys. What is sent upstream is the link as the customer typed it, but for
what no provider could read (`full_link`): a bare @name, or a missing https://.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

# Bytes of a key; more would not fit an index. Longer ones end in a digest.
LONGEST_KEY = 600
_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|twclid|ttclid|igsh(?:id)?|mibextid|si"
    r"|feature|ref|ref_src|ref_url|source|share(?:_id)?|spm|mc_[ce]id|_hs(?:enc|mi)"
    r"|nsukey|n_media|sfnsn|app|_[rt]|is_from_webapp|sender_device|web_id"
)
_MOBILE = re.compile(
    r"^(?:www|m|mobile|mbasic|touch|web|old|new|np|amp|[a-z]{2}(?:-[a-z]{2})?)\."
)
Segments = list[str]
Parameters = dict[str, str]


@dataclass(frozen=True)
class Network:
    """A site whose links have several spellings.

    `path` returns the one spelling of a path and of what identifies a page in the
    query; `profile` is the page of a name, for links given as @name.
    """

    host: str
    others: tuple[str, ...] = ()
    path: Callable[[Segments, Parameters], str] | None = None
    profile: str = ""


def _profile_first(segments: Segments, given: Parameters) -> str:
    """Names have no case; what follows them may."""
    return "/".join([*(part.lower() for part in segments[:1]), *segments[1:]])


def _all_lower(segments: Segments, given: Parameters) -> str:
    return "/".join(segments).lower()


def _youtube(segments: Segments, given: Parameters) -> str:
    first = segments[0] if segments else ""
    if first in {"shorts", "live", "embed", "v", "e"} and len(segments) > 1:
        return f"watch?v={segments[1]}"
    if given.get("v"):
        return f"watch?v={given['v']}"
    if first == "playlist" and given.get("list"):
        return f"playlist?list={given['list']}"
    if first in {"c", "user"}:
        return "/".join(segments[:2]).lower()
    if first in {"channel", "post", "clip"}:
        return "/".join(segments[:2])
    return first.lower()


def _youtu_be(segments: Segments, given: Parameters) -> str:
    return f"watch?v={segments[0]}" if segments else ""


def _instagram(segments: Segments, given: Parameters) -> str:
    for place, part in enumerate(segments[:-1]):
        if part in {"p", "reel", "reels", "tv"}:
            return f"p/{segments[place + 1]}"
    if segments[:1] == ["stories"]:
        return "/".join(segments[:3]).lower()
    return "/".join(segments[:1]).lower()


def _tiktok(segments: Segments, given: Parameters) -> str:
    return _profile_first(segments[:3], given)


def _x(segments: Segments, given: Parameters) -> str:
    if "status" in segments:
        place = segments.index("status")
        owner = segments[0].lower() if place else "i"
        return "/".join([owner, *segments[place : place + 2]])
    if segments[:1] in (["i"], ["hashtag"], ["search"]):
        return "/".join(segments)
    return "/".join(segments[:1]).lower()


def _facebook(segments: Segments, given: Parameters) -> str:
    kept = {n: given[n] for n in ("fbid", "id", "story_fbid", "v") if given.get(n)}
    query = f"?{urlencode(kept)}" if kept else ""
    return _profile_first(segments, given) + query


def _telegram(segments: Segments, given: Parameters) -> str:
    if segments[:1] == ["s"]:
        segments = segments[1:]
    kept = {n: given[n] for n in ("start", "startapp") if given.get(n)}
    query = f"?{urlencode(kept)}" if kept else ""
    if segments and (segments[0] == "joinchat" or segments[0].startswith("+")):
        code = segments[-1].removeprefix("+")
        return f"+{code}"
    return _profile_first(segments, given) + query


def _reddit(segments: Segments, given: Parameters) -> str:
    if len(segments) > 3 and segments[2] == "comments":
        segments = segments[:4]
    return "/".join(segments).lower()


def _spotify(segments: Segments, given: Parameters) -> str:
    return "/".join(part for part in segments if not part.startswith("intl-"))


def _naver_blog(segments: Segments, given: Parameters) -> str:
    if given.get("blogId"):
        return "/".join(filter(None, [given["blogId"].lower(), given.get("logNo")]))
    return _profile_first(segments, given)


def _discord(segments: Segments, given: Parameters) -> str:
    return "/".join(segments[1:] if segments[:1] == ["invite"] else segments)


_ALL: Mapping[str, Network] = {
    "youtube": Network(
        "youtube.com", ("music.youtube.com", "youtube-nocookie.com"), _youtube,
        "https://www.youtube.com/@{}",
    ),
    "youtu_be": Network("youtube.com", ("youtu.be",), _youtu_be),
    "instagram": Network(
        "instagram.com", ("instagr.am",), _instagram, "https://www.instagram.com/{}"
    ),
    "tiktok": Network("tiktok.com", (), _tiktok, "https://www.tiktok.com/@{}"),
    "x": Network("x.com", ("twitter.com",), _x, "https://x.com/{}"),
    "facebook": Network(
        "facebook.com", ("fb.com",), _facebook, "https://www.facebook.com/{}"
    ),
    "telegram": Network(
        "t.me", ("telegram.me", "telegram.dog"), _telegram, "https://t.me/{}"
    ),
    "threads": Network(
        "threads.net", ("threads.com",), _profile_first, "https://www.threads.net/@{}"
    ),
    "twitch": Network("twitch.tv", (), _all_lower, "https://www.twitch.tv/{}"),
    "reddit": Network("reddit.com", (), _reddit, "https://www.reddit.com/user/{}"),
    "spotify": Network("open.spotify.com", (), _spotify),
    "soundcloud": Network(
        "soundcloud.com", (), _all_lower, "https://soundcloud.com/{}"
    ),
    "linkedin": Network("linkedin.com", (), _all_lower),
    "pinterest": Network("pinterest.com", ("pinterest.co.kr",), _all_lower),
    "discord": Network("discord.gg", ("discord.com",), _discord),
    "vk": Network("vk.com", ("vk.ru",), _profile_first, "https://vk.com/{}"),
    "naver_blog": Network(
        "blog.naver.com", ("m.blog.naver.com",), _naver_blog,
        "https://blog.naver.com/{}",
    ),
}  # fmt: skip
_BY_HOST = {
    host: network
    for network in _ALL.values()
    for host in (network.host, *network.others)
}
# youtu.be writes the host of YouTube, but does not read it.
_BY_HOST["youtube.com"] = _ALL["youtube"]
# Their codes stand for pages that only the network knows.
_SHORT = frozenset({"vm.tiktok.com", "vt.tiktok.com", "fb.watch", "on.soundcloud.com"})
# Those that a category can be about, for links given as @name.
PROFILES = {name: network.profile for name, network in _ALL.items() if network.profile}
_NAME = re.compile(r"@[\w.\-]{1,100}")
_BARE = re.compile(r"[a-zA-Z0-9.-]+\.[a-zA-Z]{2,24}(?:/\S*)?")


def full_link(text: str, network: str = "") -> str:
    """Return what a customer wrote as a link that providers can read.

    @name becomes the page of that name where `network` says on which site, and a link
    to a known site gets the https:// that it lacks; everything else stays as it is.
    """
    if _NAME.fullmatch(text) and network in PROFILES:
        return PROFILES[network].format(text[1:])
    if _BARE.fullmatch(text) and _network_of(text.split("/")[0].lower()):
        return f"https://{text}"
    return text


def key_of(link: str) -> str:
    """Return the one spelling of `link`, without scheme; "" where it is no link."""
    parts = _split(link.strip())
    if parts is None or not parts.hostname:
        return ""
    host = parts.hostname.rstrip(".").lower().removeprefix("www.")
    segments = [unquote(part) for part in parts.path.split("/") if part]
    given = dict(parse_qsl(parts.query))
    network = _network_of(host)
    if network is None or network.path is None:
        return _within_an_index(host + _port(parts) + _plain_path(segments, given))
    path = network.path(segments, given)
    return _within_an_index(f"{network.host}/{path}" if path else network.host)


def covering(key: str) -> list[str]:
    """Return the keys that a page lies under: its own, and those of its parents.

    A bare host is the parent of nothing, so that no page stops a whole site.
    """
    host, *segments = key.partition("?")[0].split("/")
    parents = [
        "/".join([host, *segments[:length]]) for length in range(1, len(segments) + 1)
    ]
    return list(dict.fromkeys([*parents, key]))


def is_whole_site(key: str) -> bool:
    """Return whether a key is a known network as such, and nobody's page."""
    return "/" not in key and key in _BY_HOST


def _split(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return parts if parts.scheme.lower() in {"http", "https"} else None


def _network_of(host: str) -> Network | None:
    host = host.removeprefix("www.")
    if host in _SHORT:
        return None
    return _BY_HOST.get(host) or _BY_HOST.get(_MOBILE.sub("", host))


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        return ""
    return "" if port in {None, 80, 443} else f":{port}"


def _plain_path(segments: Segments, given: Parameters) -> str:
    path = "".join(f"/{part}" for part in segments)
    kept = sorted((n, v) for n, v in given.items() if not _TRACKING.fullmatch(n))
    return path + (f"?{urlencode(kept)}" if kept else "")


def _within_an_index(key: str) -> str:
    written = quote(key, safe="/?&=@:+-._~%!$'()*,;")
    if len(written) <= LONGEST_KEY:
        return written
    digest = hashlib.sha256(written.encode()).hexdigest()
    return f"{written[: LONGEST_KEY - 65]}~{digest}"
