"""`python -m pytest_llm_telemetry ...` is `llm-telemetry ...`."""

import sys

from pytest_llm_telemetry.cli import main

if __name__ == "__main__":
    sys.exit(main())
