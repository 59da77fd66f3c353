"""One warm parent for the kernels of all these tests: what they are about is not the two seconds of an import."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from scispaces.reading.runner import execute, warm


@pytest.fixture(scope="session", autouse=True)
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with warm.Nursery(execute.environment(tmp_path_factory.mktemp("nursery"))) as started:
        if warm.SOCKET in started.env:
            os.environ[warm.SOCKET] = started.env[warm.SOCKET]
        yield
        os.environ.pop(warm.SOCKET, None)
