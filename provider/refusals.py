"""What a shop had better not sell, recognised by its words. Pure; no database.

Each class of services that is refused by default has its own words in English, Korean,
Russian, Turkish, Spanish, Portuguese and Vietnamese. A word alone is often innocent
("old accounts" is a quality, "ads views" are no clicks), so most patterns name what it
must stand with. `docs/acceptable-use.md` says what follows from a match.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from provider.enums import RefusedClass
from provider.protocol.types import ServiceType

_NETWORKS = (
    "facebook|fb|instagram|twitter|tiktok|telegram|youtube|discord|reddit|snapchat"
    "|linkedin|pinterest|twitch|threads|quora|vk|whatsapp"
)
_PRODUCTS = (
    r"gmail|outlook|hotmail|yahoo|proton|netflix|spotify|disney\+?|hbo|canva|chatgpt"
    r"|openai|claude|capcut|vpn|steam|apple\s+id|office|paypal|tinder"
)
_KINDS = (
    r"(?:(?:premium|family|individual|pro|plus|private|shared|aged|old|new|fresh|bulk"
    r"|verified|pva|\d+\s*(?:month|year|day)s?)\s+)*"
)


@dataclass(frozen=True)
class _Signs:
    """How a class is recognised.

    `hints` are parts of words of which one must be there at all: they are looked for
    once per word of a catalogue, not in each name. `innocent` is taken out of the text
    before.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    innocent: re.Pattern[str] | None = None

    def found_in(self, text: str) -> bool:
        if self.innocent is not None:
            text = self.innocent.sub(" ", text)
        return self.pattern.search(text) is not None


def _words(*patterns: str) -> re.Pattern[str]:
    """Return a pattern for any of these, as whole words where letters end them."""
    return re.compile(r"(?<![^\W_])(?:" + "|".join(patterns) + r")(?![^\W_])")


def _either(words: re.Pattern[str], *parts: str) -> re.Pattern[str]:
    """Return a pattern for `words`, or `parts` anywhere, as Korean glues its words."""
    return re.compile("|".join([words.pattern, *parts]))


_SIGNS: Mapping[RefusedClass, _Signs] = {
    RefusedClass.REVIEWS: _Signs(
        ("review", "rating", "testimonial", "trustpilot", "리뷰", "후기", "평점",
         "별점", "구매평", "отзыв", "рейтинг", "değerlendirme", "puanlama", "reseña",
         "valoraci", "calificaci", "avalia", "resenha", "đánh"),
        _either(
            _words(
                r"reviews?|ratings?|testimonials?|trustpilot",
                r"отзыв\w*|рейтинг\w*|değerlendirme\w*|puanlama\w*",
                r"reseñas?|valoraci(?:ón|ones)|calificaci(?:ón|ones)",
                r"avaliaç(?:ão|ões)|resenhas?|đánh giá",
            ),
            "리뷰|후기|평점|별점|구매평",
        ),
    ),
    RefusedClass.VOTES: _Signs(
        ("vote", "voting", "poll", "투표", "업보트", "голос", "опрос", "oy", "anket",
         "voto", "votaci", "encuesta", "votaç", "enquete", "bình"),
        _either(
            _words(
                r"(?:up|down)?[- ]?votes?|voting|polls?",
                r"голосов|голосовани\w*|опрос\w*|oy|oylar|oylama\w*|anket\w*",
                r"votos?|votaci(?:ón|ones)|encuestas?|votaç(?:ão|ões)|enquetes?",
                "bình chọn",
            ),
            "투표|업보트",
        ),
    ),
    RefusedClass.ACCOUNTS: _Signs(
        ("account", "계정", "아이디", "аккаунт", "hesap", "cuenta", "conta",
         "khoản", "nick", "acc", "pva"),
        _either(
            _words(
                r"(?:buy|purchase|sell(?:ing)?|sale\s+of)\s+(?:\w+\s+)?accounts?",
                r"accounts?\s+(?:for\s+sale|sales?|shop|store|sellers?)",
                r"accounts?\s+(?:with|\+)\s+(?:log-?in|e-?mail|cookies?|2fa|full\s+access)",
                r"pva\s+accounts?|accounts?\s+pva",
                rf"(?:{_PRODUCTS})\s+{_KINDS}accounts?",
                rf"(?:{_NETWORKS})\s+{_KINDS}accounts",
                r"(?:продаж\w*|куп\w*|покупк\w*)\s+аккаунт\w*",
                r"аккаунт\w*\s+(?:на\s+)?продаж\w*",
                r"hesap\s+(?:satış\w*|satın)|satılık\s+hesap\w*",
                r"(?:venta|compra)\s+de\s+cuentas?|cuentas?\s+en\s+venta",
                r"(?:venda|compra)\s+de\s+contas?|contas?\s+à\s+venda",
                r"(?:bán|mua)\s+(?:tài khoản|nick|acc)",
            ),
            r"(?:계정|아이디)\s*(?:판매|구매|거래|매매|양도|대여)",
        ),
        re.compile(rf"(?:from|by|of|with|real)\s+(?:\w+\s+)?(?:{_NETWORKS})\s+accounts"),
    ),
    RefusedClass.DISLIKES: _Signs(
        ("dislike", "down", "report", "싫어요", "비추천", "신고", "дизлайк", "жалоб",
         "şikayet", "reporte", "gusta", "denuncia", "denúncia", "curtid"),
        _either(
            _words(
                r"dislikes?|thumbs?[- ]down|take[- ]?downs?",
                r"mass\s+reports?|reports?\s+(?:an?\s+)?(?:account|channel|post|group"
                r"|profile|user|bot)s?",
                r"(?:account|channel|profile|group|spam|abuse)\s+reports?",
                r"дизлайк\w*|жалоб\w*|şikayet\w*|reportes\s+masivos",
                r"no\s+me\s+gusta|denuncias?|denúncias?|não\s+curtid\w*|descurtid\w*",
            ),
            "싫어요|비추천",
            r"(?:계정|게시물|채널|영상|페이지|대량)\s*신고|신고\s*(?:대행|테러|작업)",
        ),
    ),
    RefusedClass.CHARTS: _Signs(
        ("chart", "차트", "음원", "чарт", "listeleri", "éxitos", "parada"),
        _either(
            _words(
                r"(?:music|spotify|apple|itunes|billboard|melon|genie|deezer|shazam"
                r"|beatport|soundcloud|viral|hits?|songs?)\s+(?:\w+\s+){0,2}charts?",
                r"charts?\s+(?:boost\w*|positions?|entry|placements?|push)",
                r"чарт(?:ы|ов|е|а|ах|ам)?|müzik listeleri|listas?\s+de\s+éxitos",
                r"paradas?\s+(?:musicais|musical|de\s+sucessos?)",
            ),
            r"(?:음원|멜론|지니|벅스|뮤직|스포티파이)[^|]{0,10}(?:차트|순위)",
            r"음원\s*사재기|차트\s*(?:진입|작업|인\b)",
        ),
    ),
    RefusedClass.AD_CLICKS: _Signs(
        ("click", "클릭", "клик", "tıkla", "clic", "clique"),
        _either(
            _words(
                r"(?:ads?|adverts?|adsense|admob|adwords|banners?|ppc|cpc|sponsored)"
                r"[\s-]+(?:\w+\s+)?clicks?",
                r"clicks?\s+(?:on|to|for)\s+(?:\w+\s+)?(?:ads?|adverts?|banners?|adsense)",
                r"click\s+fraud|competitors?'?s?\s+clicks?",
                r"клик\w*\s+(?:по|на)\s+(?:реклам\w*|баннер\w*|объявлени\w*)",
                r"рекламн\w*\s+клик\w*|скликивани\w*|reklam\s+tıkla\w*",
                r"cli(?:c|ck)s?\s+en\s+(?:\w+\s+)?(?:anuncios?|publicidad|banners?)",
                r"cliques?\s+em\s+(?:\w+\s+)?(?:anúncios?|publicidade|banners?)",
            ),
            r"(?:광고|애드센스|애드몹|파워링크|배너)[^|]{0,6}클릭|부정\s*클릭",
        ),
    ),
    RefusedClass.PASSWORDS: _Signs(
        ("passw", "credential", "login", "log-in", "비밀번호", "비번", "패스워드",
         "парол", "şifre", "parola", "contraseña", "senha", "mật"),
        _either(
            _words(
                r"passwords?|passwd|credentials|log-?in\s+(?:details|data|info\w*)",
                r"log-?in\s*[:+/&]\s*pass",
                r"парол\w*|şifre(?!siz)\w*|parola\w*|contraseñas?|senhas?|mật khẩu",
            ),
            "비밀번호|비번|패스워드",
        ),
        re.compile(
            r"(?:\bno|\bnot?\s+(?:need|ask\s+for|require)|without|w/o|"
            r"(?:don'?t|never)\s+(?:need|ask\s+for|require))\s+(?:\w+\s+)?passwords?"
            r"|passwords?\s+(?:is\s+|are\s+)?(?:not|never|isn'?t)\s+\w+"
            r"|(?:비밀번호|비번|패스워드)\S{0,2}\s*(?:불필요|필요\s*없|요구하지|없이|묻지)"
            r"|без\s+(?:\w+\s+)?парол\w*|парол\w*\s+не\s+\w+"
            r"|(?:şifre|parola)\S*\s+(?:gerekmez|gerekmiyor|istemiyoruz|gerektirmez|yok)"
            r"|(?:sin|no\s+(?:se\s+)?(?:necesit|requier|pedimos)\w*)\s+(?:\w+\s+)?contraseñas?"
            r"|(?:sem|não\s+(?:precis|pedimos|requer)\w*)\s+(?:\w+\s+)?senhas?"
            r"|không\s+cần\s+mật\s+khẩu"
        ),
    ),
}  # fmt: skip
# A shelf that holds ordinary things too says nothing of each service on it.
_MIXED = re.compile(
    r"(?<!\w)(?:likes?|comments?|followers?|views?|shares?|subscribers?|members?)(?!\w)"
)
_HOST = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?!\w)"
)
# Scripts that write particles onto their words, or no spaces at all.
_GLUED = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def plain(text: str) -> str:
    """Return `text` as it is compared: no capitals, no fancy letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def classes_of(
    *, name: str, category: str = "", type: str = "", description: str = ""
) -> list[RefusedClass]:
    """Return the classes that a service belongs to, by what is said of it.

    A description is only searched for what asks for a password: it may well compare
    the service with others.
    """
    found = _classes_in(plain(name)) | _classes_of_shelf(category)
    if type == ServiceType.POLL:
        found.add(RefusedClass.VOTES)
    if description and RefusedClass.PASSWORDS in _classes_in(plain(description)):
        found.add(RefusedClass.PASSWORDS)
    return sorted(found)


@lru_cache(maxsize=10_000)
def _classes_of_shelf(category: str) -> frozenset[RefusedClass]:
    shelf = plain(category)
    return frozenset() if _MIXED.search(shelf) else frozenset(_classes_in(shelf))


def _classes_in(text: str) -> set[RefusedClass]:
    hinted = {kind for word in text.split() for kind in _hinted(word)}
    return {kind for kind in hinted if _SIGNS[kind].found_in(text)}


@lru_cache(maxsize=100_000)
def _hinted(word: str) -> tuple[RefusedClass, ...]:
    """Return the classes that a word may be a sign of; mostly none."""
    return tuple(
        kind
        for kind, signs in _SIGNS.items()
        if any(hint in word for hint in signs.hints)
    )


@dataclass(frozen=True)
class RefusedTexts:
    """The shop's own refused words and domains, ready to look for."""

    words: re.Pattern[str] | None
    domains: frozenset[str]

    @classmethod
    def of(cls, *, words: Iterable[str], domains: Iterable[str]) -> "RefusedTexts":
        """Make them from texts as staff have written them."""
        patterns = sorted({_pattern(plain(word)) for word in words if word.strip()})
        return cls(
            words=re.compile("|".join(patterns)) if patterns else None,
            domains=frozenset(domains),
        )

    def word_in(self, *texts: str) -> bool:
        """Return whether a refused word is in one of the texts."""
        return self.words is not None and any(
            self.words.search(plain(text)) for text in texts if text
        )

    def domain_in(self, *texts: str) -> bool:
        """Return whether one of the texts names a refused domain, or one below it."""
        return bool(self.domains) and any(
            not self.domains.isdisjoint(_domains_of(host))
            for text in texts
            if text
            for host in _HOST.findall(plain(text))
        )


def _pattern(word: str) -> str:
    before = "" if _GLUED.match(word[0]) else r"(?<!\w)"
    after = "" if _GLUED.match(word[-1]) else r"(?!\w)"
    return before + re.escape(word) + after


def _domains_of(host: str) -> set[str]:
    """Return a host and every domain that it lies in."""
    labels = host.split(".")
    return {".".join(labels[start:]) for start in range(len(labels) - 1)}
