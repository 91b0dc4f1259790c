"""`python -m travesia`."""

from __future__ import annotations

import sys

from travesia.cli import main

sys.exit(main())
