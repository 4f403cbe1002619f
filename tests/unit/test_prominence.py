"""What stands aside of a project's own code, by its path."""

from __future__ import annotations

import pytest

from codelode.search.prominence import is_aside


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py", "src/test/java/A.java", "tools/testing/selftests/x.c", "lib/vendor/a.go", "a/node_modules/b/c.js",
        "third_party/x.c", "third-party/x.c", "Examples/a.py", "my-tests/a.rb", "unit_tests/a.c", "spec/a.rb",
        "test_a.py", "a_test.go", "a.spec.ts", "a.test.js", "src/FooTest.java", "FooTests.cs", "conftest.py",
        "api.pb.go", "api_pb2.py", "x.generated.cs", "lib.min.js",
    ],
)  # fmt: skip
def test_aside(path: str) -> None:
    assert is_aside(path.encode())


@pytest.mark.parametrize(
    "path",
    [
        "src/a.py", "latest/a.py", "contest/a.c", "attestation.go", "protest.py", "src/inspect.py", "testable/a.py",
        "sample_rate.c", "drivers/spectrum/a.c", "Latest.java", "vendors.py", "a.go", "src/examples.py",
    ],
)  # fmt: skip
def test_own_code(path: str) -> None:
    assert not is_aside(path.encode())
