"""Which names may be those of secrets."""

from __future__ import annotations

import pytest

from schema_migrations.history.secret_names import (
    has_secret_assignment,
    is_secret_column,
    is_secret_parameter,
)


@pytest.mark.parametrize(
    ("secret", "table", "column"),
    [
        (True, "auth_user", "password"),
        (True, "shop_setting", "api_token"),
        (True, "authtoken_token", "key"),
        (True, "otp_totp_totpdevice", "key"),
        (True, "shop_access", "access_key"),
        (True, "shop_hook", "signing_key"),
        (True, "shop_user", "otp"),
        (True, "shop_user", "totp_seed"),
        (True, "shop_user", "recovery_codes"),
        (True, "shop_target", "sentry_dsn"),
        (True, "shop_target", "SigningKey"),
        (False, "shop_setting", "key"),
        (False, "shop_setting", "sort_key"),
        (False, "shop_setting", "keyboard"),
        (False, "shop_order", "passenger"),
        (False, "shop_order", "options"),
        (False, "shop_order", "hotplate"),
    ],
)
def test_columns(secret: bool, table: str, column: str) -> None:
    assert is_secret_column(table, column) is secret


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        (True, "password"),
        (True, "sslpassword"),
        (True, "my.pass"),
        (True, "key"),
        (True, "scram_client_key"),
        (True, "PWD"),
        (False, "passfile"),
        (False, "password_encryption"),
        (False, "sslkey"),
        (False, "options"),
        (False, "host"),
    ],
)
def test_parameters(secret: bool, name: str) -> None:
    assert is_secret_parameter(name) is secret


def test_settings_among_others() -> None:
    assert has_secret_assignment("-c work_mem=1MB -c my.signing_key=x")
    assert not has_secret_assignment("-c work_mem=1MB -c password_encryption=md5")
