"""What a file is by its path: test, generated, or somebody else's."""

from __future__ import annotations

ORIGINS: dict[str, str] = {
    "test": (
        r"(?i)(?:^|/)(?:[^/]*[._-])?(?:(?:self|unit)?tests?|testing|testdata|specs?|mocks?|fixtures?)(?:[._-][^/]*)?/"
        r"|(?:^|/)(?:tests?[._-][^/]*|conftest\.py|[^/]*[._-](?:tests?|spec|mock)\.[^/]*)$"
        r"|(?-i:[a-z0-9](?:Tests?|Spec|Mock)\.[^./]*$)"
    ),
    "generated": (
        r"(?i)(?:^|/)(?:generated|gen|__generated__|autogen)/"
        r"|[._-](?:generated|autogen|gen|pb|pb2|pb2_grpc|g|designer)\.[a-z0-9]+$|\.min\.(?:js|css)$"
        r"|(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|cargo\.lock|poetry\.lock|uv\.lock|go\.sum"
        r"|composer\.lock|gemfile\.lock)$"
    ),
    "vendored": (
        r"(?i)(?:^|/)(?:vendor(?:ed)?|third[_-]?party|3rd[_-]?party|thirdparty|node_modules|bower_components|external"
        r"|site-packages|deps)/"
    ),
}
"""Each ``is:`` of the query language: a regular expression (RE2) that such a path, ``/`` between its parts, has."""
