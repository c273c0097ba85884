"""What every case's question bank promises, if there is one."""

import pytest

from sevensteps.cases import registered
from sevensteps.teach.bank import STEPS, load_bank
from sevensteps.teach.shipped import shipped

BANKS = [slug for slug in registered() if (shipped("bank") / f"{slug}.yml").is_file()]


@pytest.mark.parametrize("slug", BANKS)
def test_a_bank_covers_every_step(slug):
    bank = load_bank(slug)
    assert bank.slug == slug
    assert [level.step for level in bank.levels] == list(STEPS)
    for items in (bank.clarifying, bank.follow_ups, bank.recall):
        assert {item.step for item in items} == set(STEPS)
