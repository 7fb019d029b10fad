# SPDX-License-Identifier: MIT
"""Products of groups of rows, as mixtures of experts have them."""
import transformers.integrations.moe  # noqa: F401  registers its operator
from aten_cases import F, V, case

for op in ("_grouped_mm", "transformers.grouped_mm_fallback"):
    case(op, F(5, 8), F(2, 8, 8), V([2, 5], "i32"))
    case(op, F(6, 4), F(3, 4, 8), V([1, 1, 6], "i32"))
