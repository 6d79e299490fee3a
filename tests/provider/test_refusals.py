"""What is recognised as refused, and what only looks like it."""

import pytest

from provider.enums import RefusedClass as Class
from provider.refusals import RefusedTexts, classes_of, plain


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Class.REVIEWS, "Google Reviews + 5 Star"),
        (Class.REVIEWS, "App Rating, Android"),
        (Class.REVIEWS, "𝗧𝗿𝘂𝘀𝘁𝗽𝗶𝗹𝗼𝘁 reviews"),
        (Class.REVIEWS, "구글 리뷰 작성"),
        (Class.REVIEWS, "별점 5개"),
        (Class.REVIEWS, "Отзывы на картах"),
        (Class.REVIEWS, "Google harita değerlendirmesi"),
        (Class.REVIEWS, "Reseñas de Google"),
        (Class.REVIEWS, "Avaliações no Google"),
        (Class.REVIEWS, "Đánh giá trang"),
        (Class.VOTES, "Reddit UpVotes"),
        (Class.VOTES, "Telegram Poll Votes"),
        (Class.VOTES, "온라인 투표"),
        (Class.VOTES, "Голосование в опросе"),
        (Class.VOTES, "Anket oyları"),
        (Class.VOTES, "Votos para encuesta"),
        (Class.VOTES, "Votos em enquete"),
        (Class.ACCOUNTS, "Gmail Accounts, 2 years old"),
        (Class.ACCOUNTS, "Netflix Premium 1 Month Account"),
        (Class.ACCOUNTS, "Old Instagram Accounts for sale"),
        (Class.ACCOUNTS, "Facebook PVA Accounts"),
        (Class.ACCOUNTS, "인스타그램 계정 판매"),
        (Class.ACCOUNTS, "Продажа аккаунтов"),
        (Class.ACCOUNTS, "Satılık hesaplar"),
        (Class.ACCOUNTS, "Venta de cuentas"),
        (Class.ACCOUNTS, "Venda de contas"),
        (Class.DISLIKES, "YouTube Video Dislikes"),
        (Class.DISLIKES, "Telegram Channel | Mass Report"),
        (Class.DISLIKES, "Report Instagram account" + " | account report"),
        (Class.DISLIKES, "유튜브 싫어요"),
        (Class.DISLIKES, "계정 신고 대행"),
        (Class.DISLIKES, "Дизлайки на видео"),
        (Class.DISLIKES, "Spam şikayeti"),
        (Class.DISLIKES, "No me gusta en YouTube"),
        (Class.DISLIKES, "Denúncias em massa"),
        (Class.CHARTS, "Spotify Top 50 Chart"),
        (Class.CHARTS, "iTunes chart position"),
        (Class.CHARTS, "멜론 실시간 차트"),
        (Class.CHARTS, "Попадание в чарты"),
        (Class.CHARTS, "Lista de éxitos de música"),
        (Class.CHARTS, "Parada de sucessos"),
        (Class.AD_CLICKS, "Google Ads Clicks"),
        (Class.AD_CLICKS, "AdSense clicks, USA"),
        (Class.AD_CLICKS, "Clicks on your banner"),
        (Class.AD_CLICKS, "광고 클릭 작업"),
        (Class.AD_CLICKS, "Клики по рекламе"),
        (Class.AD_CLICKS, "Reklam tıklama"),
        (Class.AD_CLICKS, "Clics en anuncios"),
        (Class.AD_CLICKS, "Cliques em anúncios"),
        (Class.PASSWORDS, "Instagram growth, password required"),
        (Class.PASSWORDS, "We need your login details"),
        (Class.PASSWORDS, "비밀번호 필요"),
        (Class.PASSWORDS, "Нужен пароль"),
        (Class.PASSWORDS, "Şifre gerekli"),
        (Class.PASSWORDS, "Necesitamos tu contraseña"),
        (Class.PASSWORDS, "Envie a sua senha"),
    ],
)
def test_a_class_is_recognised_in_many_languages(kind: Class, name: str) -> None:
    assert classes_of(name=name) == [kind]


@pytest.mark.parametrize(
    "name",
    [
        "Video preview, one minute",
        "Instagram Followers | Old Accounts | 30 Days Refill",
        "Instagram Likes from real Instagram accounts",
        "50 Comments From Real Thai Account",
        "YouTube Likes | Speed 100k/day",
        "Ranking report by keyword · 키워드별 순위 보고서",
        "세금 신고 대리",
        "Threads Followers | Instant",
        "YouTube Native Ads Views | AdSense safe",
        "X Profile Clicks | Link Clicks",
        "디스플레이 광고 방문",
        "Spotify Followers | Premium",
        "Chart drawn from your data",
        "Чартерный рейс",
        "Голосовой перевод",
        "Devoted followers, pollen free",
        "Followers without password",
        "No password needed",
        "We never ask for your password",
        "비밀번호 불필요",
        "Без пароля",
        "Şifresiz takipçi",
        "Seguidores sin contraseña",
        "Seguidores sem senha",
        "Toyota photos",
        "계정 팔로워 1,000명",
    ],
)
def test_what_only_looks_like_it_passes(name: str) -> None:
    assert classes_of(name=name) == []


def test_a_shelf_says_what_its_services_are() -> None:
    assert classes_of(name="USA | Instant", category="Google Reviews") == ["reviews"]


def test_a_shelf_of_ordinary_things_too_says_nothing() -> None:
    shelf = "YouTube | Likes | Dislikes"

    assert classes_of(name="YouTube Likes", category=shelf) == []
    assert classes_of(name="YouTube Dislikes", category=shelf) == ["dislikes"]


def test_a_poll_is_a_vote_by_its_type() -> None:
    assert classes_of(name="Answers", type="poll") == ["votes"]


def test_a_description_is_searched_for_passwords_only() -> None:
    said = "Send us your password. Not for polls or reviews."

    assert classes_of(name="Followers", description=said) == ["passwords"]
    assert classes_of(name="Followers", description="Best reviews!") == []


def test_a_service_may_belong_to_several_classes() -> None:
    assert classes_of(name="Poll votes and reviews") == ["reviews", "votes"]


def test_texts_are_compared_without_case_fancy_letters_and_gaps() -> None:
    assert plain("  𝐂𝐚𝐬𝐢𝐧𝐨 \n ＯＮＥ ") == "casino one"


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("casino", "Best CASINO here", True),
        ("casino", "casinos", False),
        ("casino", "a 𝐜𝐚𝐬𝐢𝐧𝐨!", True),
        ("도박", "온라인도박을 홍보", True),
        ("c++", "learn c++ now", True),
        ("two words", "two   words", True),
    ],
)
def test_a_refused_word_is_a_whole_word(word: str, text: str, found: bool) -> None:
    refused = RefusedTexts.of(words=[word], domains=[])

    assert refused.word_in("nothing", text) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://example.com/page", True),
        ("see www.Example.com", True),
        ("https://shop.example.com", True),
        ("https://example.com.evil.org", False),
        ("https://myexample.com", False),
        ("mail@example.com", False),
        ("example", False),
    ],
)
def test_a_refused_domain_is_found_with_all_below_it(text: str, found: bool) -> None:
    refused = RefusedTexts.of(words=[], domains=["example.com"])

    assert refused.domain_in(text) is found


def test_nothing_is_refused_without_rules() -> None:
    refused = RefusedTexts.of(words=["", " "], domains=[])

    assert not refused.word_in("casino")
    assert not refused.domain_in("https://example.com")
