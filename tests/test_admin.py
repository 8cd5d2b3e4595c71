"""The revisions in Django's admin, through Django's test client."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings

from schema_migrations.conf import read_settings
from schema_migrations.errors import StatementFailed
from schema_migrations.workflows.applying.apply import request_from_settings
from schema_migrations.workflows.targets.connection import complete_settings
from tests.fixtures.targets import Place

if TYPE_CHECKING:
    from pathlib import Path

LIST = "/admin/schema_migrations/revision/"
APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "schema_migrations",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
CONTEXT = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT},
    }
]
A = "CREATE TABLE a (id integer PRIMARY KEY);\n"


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with override_settings(
        INSTALLED_APPS=APPS,
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        ROOT_URLCONF="tests.fixtures.admin_urls",
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        STATIC_URL="/static/",
    ):
        yield


def managed(place: Place, **entry: Any) -> Any:
    entry = {"DIR": str(place.folder), **entry}
    return override_settings(SCHEMA_MIGRATIONS={"default": entry})


def log_in(*permissions: str) -> Client:
    """Make the admin's tables and return the client of a user: of a superuser, or of one
    with these permissions."""
    call_command("migrate", stdout=StringIO(), verbosity=0)
    user = User.objects.create(
        username="anna", is_staff=True, is_superuser=not permissions
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def texts_of(page: str, css_class: str) -> list[str]:
    """Return the texts of the cells of a column, in the order of the page."""
    cells = re.findall(
        rf'class="field-{css_class}[^"]*">(.*?)</t[dh]>', page, re.DOTALL
    )
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in cells]


def get(client: Client, path: str = LIST) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_newest_first_in_words(place: Place) -> None:
    bad = "-- atlas:txmode none\n\nSELECT 3; SELECT nope;"
    place.write(_1_first=A, _2_second="SELECT 2;", _3_bad=bad)
    with pytest.raises(StatementFailed):
        place.apply()
    place.execute(
        "UPDATE atlas_schema_revisions SET execution_time = 125000000000, type = 6"
        " WHERE version = '2'"
    )
    with managed(place):
        page = get(log_in())
    assert texts_of(page, "version") == ["3", "2", "1"]
    assert texts_of(page, "describe_kind") == ["run", "run, then marked by hand", "run"]
    assert texts_of(page, "describe_progress") == ["1 of 2", "1 of 1", "1 of 1"]
    assert texts_of(page, "describe_duration")[1] == "2m05s"
    assert "nope" in texts_of(page, "error")[0]
    assert "Add revision" not in page
    assert 'name="action"' not in page
    assert "?database=" not in page


def test_a_failure_that_left_nothing_is_a_sentence(place: Place) -> None:
    place.write(_1_first=A, _2_bad="SELECT <nope>;")
    with pytest.raises(StatementFailed):
        place.apply()
    with managed(place):
        client = log_in()
        page = get(client)
        assert texts_of(page, "version") == ["1"]
        assert "2_bad failed and left nothing: 2_bad.sql:1: " in page
        place.write(_2_bad="SELECT 2;")
        place.apply()
        assert "failed" not in get(client)


def test_what_an_app_connected_does_nothing_without_the_app(place: Place) -> None:
    with override_settings(INSTALLED_APPS=[*APPS, "schema_migrations.takeover"]):
        pass
    place.write(_1_first=A)
    place.apply()
    found = place.engine.executor.list_tables(place.connection, None)
    assert "django_migrations" not in found


def test_a_row_of_its_own_is_only_shown(place: Place) -> None:
    place.write(_1_first=A)
    place.apply()
    with managed(place):
        client = log_in()
        page = get(client, f"{LIST}1/change/")
        assert 'name="_save"' not in page
        assert "run" in page
        assert client.post(f"{LIST}1/change/", {"version": "9"}).status_code == 403
        assert client.post(f"{LIST}1/delete/", {"post": "yes"}).status_code == 403
        assert client.get(f"{LIST}add/").status_code == 403
    assert list(place.read_revisions()) == ["1"]


def test_before_the_first_run_the_page_says_so(place: Place) -> None:
    place.write(_1_first=A)
    with managed(place):
        client = log_in()
        page = html.unescape(get(client))
        assert "No file was applied to the database 'default' yet" in page
        assert client.get(f"{LIST}1/change/").status_code == 302
    assert "0 revisions" in page


def test_a_user_without_the_permission_sees_nothing_and_one_with_it_the_list(
    place: Place,
) -> None:
    place.write(_1_first=A)
    place.apply()
    with managed(place):
        client = log_in("view_user")
        assert client.get(LIST).status_code == 403
        User.objects.get().user_permissions.set(
            Permission.objects.filter(codename="view_revision")
        )
        assert texts_of(get(client), "version") == ["1"]


@pytest.mark.parametrize("atomic", [False, True])
def test_a_schema_of_its_own(pg_place: Place, atomic: bool) -> None:
    pg_place.connection.settings_dict["ATOMIC_REQUESTS"] = atomic
    pg_place.write(_1_first=A)
    with managed(pg_place, REVISIONS_SCHEMA='his"tory'):
        client = log_in()
        assert "No file was applied" in get(client)
        request = request_from_settings(read_settings("default"))
        selection = replace(request.selection, allow_dirty=True)
        pg_place.apply(replace(request, selection=selection))
        assert texts_of(get(client), "version") == ["1"]
        get(client, f"{LIST}1/change/")
        assert texts_of(get(client, f"{LIST}?q=first&o=1"), "version") == ["1"]


def test_a_table_that_may_not_be_read_is_told(pg_place: Place) -> None:
    pg_place.write(_1_first=A)
    pg_place.apply()
    with managed(pg_place):
        client = log_in()
        role = f"reader_{pg_place.settings['NAME']}"
        pg_place.execute(f'CREATE ROLE "{role}"')
        try:
            pg_place.execute(
                f'GRANT SELECT, UPDATE, INSERT ON ALL TABLES IN SCHEMA public TO "{role}";'
                f' REVOKE ALL ON atlas_schema_revisions FROM "{role}";'
                f' SET ROLE "{role}"'
            )
            page = html.unescape(get(client))
        finally:
            pg_place.execute(f'RESET ROLE; DROP OWNED BY "{role}"; DROP ROLE "{role}"')
    assert "The revisions of the database 'default' cannot be read: permission" in page


@contextmanager
def other_alias(settings: dict[str, Any]) -> Iterator[None]:
    connections.settings["other"] = complete_settings(settings)
    try:
        yield
    finally:
        connections["other"].close()
        del connections["other"]
        del connections.settings["other"]


def test_each_database_has_its_list(place: Place, tmp_path: Path) -> None:
    place.write(_1_first=A, _2_second="SELECT 2;")
    place.apply()
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "other")}
    entries = {name: {"DIR": str(place.folder)} for name in ("default", "other")}
    with other_alias(settings), override_settings(SCHEMA_MIGRATIONS=entries):
        client = log_in()
        assert texts_of(get(client), "version") == ["2", "1"]
        page = get(client, f"{LIST}?database=other")
        assert "No file was applied to the database &#x27;other&#x27; yet" in page
        assert not (tmp_path / "other").exists()
        call_command(
            "schemaapply",
            1,
            database="other",
            signals=False,
            stdout=StringIO(),
        )
        page = get(client, f"{LIST}?database=other")
        assert texts_of(page, "version") == ["1"]
        (link,) = re.findall(
            r'href="(/admin/schema_migrations/revision/1/[^"]*)"', page
        )
        assert "other" in link
        get(client, html.unescape(link))
        without = client.get(link.replace("1/change", "2/change"))
        assert without.status_code == 302  # the other database has no version 2
        assert texts_of(get(client, f"{LIST}?database=nope"), "version") == ["2", "1"]


def test_an_old_time_stamp_does_not_break_the_page(sqlite_place: Place) -> None:
    sqlite_place.write(_1_first=A)
    sqlite_place.apply()
    sqlite_place.execute("UPDATE atlas_schema_revisions SET executed_at = 'long ago'")
    with managed(sqlite_place):
        assert texts_of(get(log_in()), "version") == ["1"]
