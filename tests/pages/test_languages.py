"""English and Korean, complete."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from orders.models import Order
from tests.factories import make_customer, make_service
from tests.pages.rows import make_order_of_each_state

CATALOGUES = list(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated_and_none_is_a_guess(catalogue: Path) -> None:
    entries = catalogue.read_text(encoding="utf-8").split("\n\n")[1:]
    lacking = [e for e in entries if re.search(r'msgstr(\[\d\])? ""(\n(?!")|$)', e)]
    assert lacking == []
    assert [entry for entry in entries if "fuzzy" in entry] == []


@pytest.mark.django_db
def test_a_browser_that_wants_korean_gets_it() -> None:
    make_service()
    page = Client(headers={"Accept-Language": "ko"}).get("/").content.decode()
    assert "서비스 목록" in page
    assert "1,000개당" in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_rings")
def test_every_status_has_its_korean_words() -> None:
    customer = make_customer(credit="100", language="ko")
    make_order_of_each_state(customer)
    client = Client()
    client.force_login(customer)
    page = re.sub(r"<[^>]*>|\s+", " ", client.get("/orders/").content.decode())
    page = re.sub(" +", " ", page)
    for words in [
        "대기 중 시작 준비 중", "대기 중 확인 중", "처리 중", "진행 중", "일시 중지", "완료",
        "부분 완료 $0.50 환불됨", "취소됨 환불됨",
    ]:  # fmt: skip
        assert words in page
    assert Order.objects.filter(status="failed").exists()
    assert "실패" not in page
