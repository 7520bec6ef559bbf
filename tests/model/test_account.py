import pytest

from kavle.model.account import Account, check_account_name


@pytest.mark.parametrize("name", ["test", "a", "x" * 64, "företaget-ab_1", "kund@example.com"])
def test_names(name: str):
    assert check_account_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "two words", "a:b", "a\tb", "a\n", "a\0", "a\u00a0b", "\u202e", "\ud800", " "]
)
def test_what_is_no_name(name: str):
    with pytest.raises(ValueError, match="an account's name"):
        check_account_name(name)


def test_a_logged_account_shows_no_hash():
    account = Account(1, "test", "$argon2id$secret")
    assert "argon2" not in f"{account} {account!r} {[account]}"
    assert "test" in repr(account)
