"""Where the fast engine's kernel is kept while these tests run."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the compiled kernel of the fast engine out of the user's own cache, and shares it in a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "des3-kernel"))
        yield
