"""Every seeded fault still fits the source, and has a killer that is there. `make mutants` sees each of them killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant
from plant import planted, source_of
from run import rows

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_fault_still_fits_and_its_killer_is_there(mutant: Mutant) -> None:
    texts = {edit.module: source_of(edit).read_text() for edit in mutant.edits}
    for edit in mutant.edits:
        texts[edit.module] = planted(texts[edit.module], edit)
    for module, text in texts.items():
        compile(text, module, "exec")
    file, _, test = mutant.killer.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text()


def test_the_page_has_the_table_of_faults_and_killers() -> None:
    page = (ROOT / "docs" / "proofs.md").read_text()
    assert "".join(rows()) in page, "write it anew with: make mutants-table"
