"""Parse the URLs that name a container image as the dev server.  Pure.

``docker://postgres/17/dev`` and ``docker+postgres://registry/image:tag/dev`` are
Atlas's forms: https://atlasgo.io/concepts/dev-database.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from schema_migrations.errors import InvalidUrl

DEFAULT_IMAGE_URL = "docker://postgres/17"

URL_SCHEMES = ("docker", "docker+postgres")

_KNOWN_IMAGES = {
    "postgres": "postgres",
    "postgis": "postgis/postgis",
    "pgvector": "pgvector/pgvector",
}
_URL_OPTIONS = {"keep", "host", "search_path"}
_URL_HINT = "Write docker://postgres/17, or docker+postgres://registry/image:tag/dev."


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerImage:
    reference: str
    """``postgis/postgis:16-3.4``."""
    database: str
    is_kept: bool = False
    """Leave the container running for later commands."""
    published_host: str = ""
    """The host of its published port; empty: decided by the daemon's address."""


def is_docker_url(url: str) -> bool:
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in URL_SCHEMES


def parse_image_url(url: str) -> ContainerImage:
    """Return the image that a URL names; raises ``ConfigError``."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise InvalidUrl(
            problem="The docker:// URL names an account, which it cannot use.",
            advice="Log in with docker login, and leave the account out of the URL.",
        )
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := sorted(set(options) - _URL_OPTIONS):
        raise InvalidUrl(
            problem=f"{url}: unknown option {', '.join(unknown)}.",
            advice="Known options: keep=1, host=NAME.",
        )
    path = [part for part in parts.path.split("/") if part]
    read = _read_known_image if parts.scheme == "docker" else _read_custom_image
    reference, rest = read(url, parts.netloc, path)
    if len(rest) > 1:
        raise InvalidUrl(
            problem=f"{url}: too many parts after the image.", advice=_URL_HINT
        )
    return ContainerImage(
        reference=reference,
        database=rest[0] if rest else "postgres",
        is_kept=options.get("keep") in {"1", "true", "yes"},
        published_host=options.get("host", ""),
    )


def host_from_daemon_address(address: str) -> str:
    """Return the host on which a daemon's published ports are reached."""
    parts = urlsplit(address)
    remote = parts.scheme in {"tcp", "http", "https", "ssh"} and parts.hostname
    return "127.0.0.1" if remote in {False, None, "", "localhost"} else str(remote)


def _read_known_image(url: str, name: str, path: list[str]) -> tuple[str, list[str]]:
    if name not in _KNOWN_IMAGES:
        raise InvalidUrl(
            problem=f"{url}: unknown image {name!r}.",
            advice=f"Known images: {', '.join(_KNOWN_IMAGES)}. For others, write docker+postgres://registry/image:tag/dev.",
        )
    if not path:
        raise InvalidUrl(problem=f"{url}: the version is missing.", advice=_URL_HINT)
    return f"{_KNOWN_IMAGES[name]}:{path[0]}", path[1:]


def _read_custom_image(url: str, host: str, path: list[str]) -> tuple[str, list[str]]:
    """Return the image and the parts after it; the part with a tag or digest ends it.

    The host ``_`` means none: a local image or an official one.
    """
    parts = path if host in {"", "_"} else [host, *path]
    for place, part in enumerate(parts):
        # A colon in the first of several parts is a registry's port.
        if "@" in part or (":" in part and (place or len(parts) < 3 or host == "_")):
            return "/".join(parts[: place + 1]), parts[place + 1 :]
    raise InvalidUrl(problem=f"{url}: the image's tag is missing.", advice=_URL_HINT)
