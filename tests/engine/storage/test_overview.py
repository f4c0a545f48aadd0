"""What an audience hears of the knowledge."""

from __future__ import annotations

from pathlib import Path

from engine.audience import CLOSED, FULL_MEMBER, Audience
from engine.compose import open_engine
from engine.settings import Settings
from engine.storage.overview import OverviewStore


async def test_nothing_of_a_document_is_told_to_who_may_not_read_it(
    settings: Settings, tmp_path: Path
) -> None:
    for name, front in {"Leave": "", "Bonus": "---\naudience: [group:S0LEADS]\n---\n\n"}.items():
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / f"{name}.md").write_text(f"{front}# {name}\n\nIt is 16 weeks.\n")
    async with open_engine(settings) as engine:
        await engine.make_ready()
        await engine.ingestion.run(str(tmp_path / "docs"), (), lambda _: None)
        store = OverviewStore(engine.database)
        seen = await store.of("default", FULL_MEMBER, titles=5)
        assert (seen.documents, seen.titles) == (1, ("Leave",))
        assert seen.updated_at is not None
        leads = await store.of("default", Audience.of(["group:S0LEADS", "everyone"]), titles=5)
        assert (leads.documents, set(leads.titles)) == (2, {"Leave", "Bonus"})
        one = await store.of("default", Audience.of(["group:S0LEADS", "everyone"]), titles=1)
        assert len(one.titles) == 1
        nothing = await store.of("default", CLOSED, titles=5)
        assert (nothing.documents, nothing.titles, nothing.updated_at) == (0, (), None)
        other = await store.of("another", FULL_MEMBER, titles=5)
        assert other.documents == 0
