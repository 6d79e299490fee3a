"""One spelling for each page."""

import pytest

from provider.links import LONGEST_KEY, covering, full_link, is_whole_site, key_of

VIDEO = "youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", VIDEO),
        ("http://m.youtube.com/watch?v=dQw4w9WgXcQ&t=30s&feature=share", VIDEO),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc", VIDEO),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1", VIDEO),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", VIDEO),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?si=1", VIDEO),
        ("https://www.youtube.com/@Some.Name/videos", "youtube.com/@some.name"),
        ("https://youtube.com/channel/UCabC/about", "youtube.com/channel/UCabC"),
        ("https://youtube.com/c/Name", "youtube.com/c/name"),
        ("https://youtube.com/playlist?list=PLx&si=2", "youtube.com/playlist?list=PLx"),
        ("https://youtu.be/", "youtube.com"),
        ("https://www.instagram.com/Some.Name/?igsh=x", "instagram.com/some.name"),
        ("https://instagram.com/Some.Name/reels/", "instagram.com/some.name"),
        ("https://www.instagram.com/reel/CxYz/?utm_source=a", "instagram.com/p/CxYz"),
        ("https://instagram.com/name/p/CxYz", "instagram.com/p/CxYz"),
        ("https://instagram.com/stories/Name/1/", "instagram.com/stories/name/1"),
        ("https://m.tiktok.com/@Name/video/7?_r=1", "tiktok.com/@name/video/7"),
        ("https://vm.tiktok.com/ZMabc/", "vm.tiktok.com/ZMabc"),
        ("https://mobile.twitter.com/Name/status/12?s=20", "x.com/name/status/12"),
        ("https://x.com/Name/status/12/photo/1", "x.com/name/status/12"),
        ("https://x.com/i/web/status/12", "x.com/i/status/12"),
        ("https://twitter.com/Name/with_replies", "x.com/name"),
        ("https://x.com/hashtag/Film", "x.com/hashtag/Film"),
        ("https://m.facebook.com/Name/posts/9?mibextid=a", "facebook.com/name/posts/9"),
        ("https://fb.com/Name", "facebook.com/name"),
        (
            "https://www.facebook.com/profile.php?id=100&ref=x",
            "facebook.com/profile.php?id=100",
        ),
        ("https://telegram.me/s/Name", "t.me/name"),
        ("https://t.me/Name/55?single", "t.me/name/55"),
        ("https://t.me/joinchat/AbC", "t.me/+AbC"),
        ("https://t.me/+AbC", "t.me/+AbC"),
        ("https://t.me/Some_Bot?start=ref1", "t.me/some_bot?start=ref1"),
        ("https://www.threads.com/@Name/post/Cx", "threads.net/@name/post/Cx"),
        ("https://m.twitch.tv/Name", "twitch.tv/name"),
        (
            "https://old.reddit.com/r/Film/comments/a1/some_title/",
            "reddit.com/r/film/comments/a1",
        ),
        ("https://open.spotify.com/intl-ko/track/4uL?si=z", "open.spotify.com/track/4uL"),
        ("https://m.blog.naver.com/Name/22", "blog.naver.com/name/22"),
        (
            "https://blog.naver.com/PostView.naver?blogId=Name&logNo=22",
            "blog.naver.com/name/22",
        ),
        ("https://discord.com/invite/AbC", "discord.gg/AbC"),
        ("https://kr.pinterest.com/Name/", "pinterest.com/name"),
        ("HTTPS://WWW.Example.COM/Page/?utm_medium=x&b=2&a=1#top", "example.com/Page?a=1&b=2"),
        ("http://example.com:80/", "example.com"),
        ("https://example.com:8443//a//b/", "example.com:8443/a/b"),
        ("https://example.com/%7Ename", "example.com/~name"),
        ("https://user:secret@example.com/a", "example.com/a"),
        ("https://example.com/영화", "example.com/%EC%98%81%ED%99%94"),
        ("https://example.com/%EC%98%81%ED%99%94", "example.com/%EC%98%81%ED%99%94"),
        ("https://example.com:99999/a", "example.com/a"),
        ("ftp://example.com/a", ""),
        ("example.com/a", ""),
        ("https://[broken", ""),
        ("@name", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_page_has_one_key_however_its_link_is_written(link: str, key: str) -> None:
    assert key_of(link) == key


def test_a_key_of_a_key_is_the_key() -> None:
    for link in ["https://youtu.be/dQw4w9WgXcQ", "https://example.com/a?b=%2F"]:
        assert key_of(f"https://{key_of(link)}") == key_of(link)


def test_a_long_link_has_a_key_that_fits_an_index() -> None:
    long = "https://example.com/" + "가" * 1900

    assert len(key_of(long)) <= LONGEST_KEY
    assert key_of(long) != key_of(long + "나")
    assert key_of(long).startswith("example.com/%EA%B0%80")


@pytest.mark.parametrize(
    ("text", "network", "link"),
    [
        ("@Some.Name", "instagram", "https://www.instagram.com/Some.Name"),
        ("@name", "tiktok", "https://www.tiktok.com/@name"),
        ("@name", "telegram", "https://t.me/name"),
        ("@name", "", "@name"),
        ("name", "instagram", "name"),
        ("instagram.com/Name", "", "https://instagram.com/Name"),
        ("m.youtube.com/watch?v=1", "", "https://m.youtube.com/watch?v=1"),
        ("example.com/page", "", "example.com/page"),
        ("https://x.com/Name?s=20", "x", "https://x.com/Name?s=20"),
    ],
)
def test_only_what_nobody_could_read_is_completed(
    text: str, network: str, link: str
) -> None:
    assert full_link(text, network) == link


def test_a_page_is_covered_by_those_above_it_but_by_no_whole_site() -> None:
    assert covering("tiktok.com/@name/video/7") == [
        "tiktok.com/@name",
        "tiktok.com/@name/video",
        "tiktok.com/@name/video/7",
    ]
    assert covering(VIDEO) == ["youtube.com/watch", VIDEO]
    assert covering("example.com") == ["example.com"]


def test_a_whole_network_is_nobodys_page() -> None:
    assert is_whole_site("youtube.com")
    assert not is_whole_site(VIDEO)
    assert not is_whole_site("example.com")
