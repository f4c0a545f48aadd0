from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.diagnosis import Finding, Level, diagnose
from bot.mirror_check import mirror_checks
from engine.settings import load_settings
from tests.mirror_services import SERVICES, Service, running
from tests.mirror_trouble import Trouble

KEY_NAMES = {"LangSmith": "LANGSMITH_API_KEY", "Langfuse": "LANGFUSE_SECRET_KEY"}
ADDRESSES = {"LangSmith": "LANGSMITH_ENDPOINT", "Langfuse": "LANGFUSE_HOST"}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(request.param) as opened:
        yield opened


async def look(folder: Path, environment: dict[str, str]) -> dict[str, Finding]:
    settings = load_settings(
        {"DESKHAND_MIRROR__TIMEOUT_S": "0.5", **environment}, working_directory=folder
    )
    return dict(await diagnose(mirror_checks(settings)))


async def test_what_is_not_set_is_not_looked_at(tmp_path: Path) -> None:
    assert await look(tmp_path, {}) == {}


async def test_a_service_that_takes_the_key_is_sound(service: Service, tmp_path: Path) -> None:
    found = await look(tmp_path, service.environment)
    assert list(found) == [service.name.lower()]
    (finding,) = found.values()
    assert finding.level is Level.OK
    assert f"127.0.0.1:{service.server.port} takes the key" in finding.text
    assert "no answers" in finding.text
    more = {"DESKHAND_MIRROR__SAMPLE_RATE": "0.001"}
    (finding,) = (await look(tmp_path, {**service.environment, **more})).values()
    assert "0.10% of answers" in finding.text


async def test_a_wrong_key_is_told_and_not_shown(service: Service, tmp_path: Path) -> None:
    wrong = {KEY_NAMES[service.name]: "a-wrong-SECRET"}
    (finding,) = (await look(tmp_path, {**service.environment, **wrong})).values()
    assert finding.level is Level.FAIL
    assert "refuses the key (401)" in finding.text
    assert KEY_NAMES[service.name] in finding.mend
    assert "SECRET" not in finding.text + finding.mend.replace("SECRET_KEY", "")
    assert not [s for s in service.secrets if s in finding.text + finding.mend]


@pytest.mark.parametrize("trouble", [Trouble.HANG, Trouble.DISCONNECT, Trouble.BROKEN])
async def test_a_service_that_does_not_answer_is_told_with_its_setting(
    service: Service, tmp_path: Path, trouble: Trouble
) -> None:
    service.troubles.trouble = trouble
    (finding,) = (await look(tmp_path, service.environment)).values()
    assert finding.level is Level.FAIL
    assert ADDRESSES[service.name] in finding.mend


async def test_another_server_at_the_address_is_no_service(
    service: Service, tmp_path: Path
) -> None:
    service.troubles.trouble = Trouble.NOT_JSON
    (finding,) = (await look(tmp_path, service.environment)).values()
    assert finding.level is Level.FAIL
    assert ADDRESSES[service.name] in finding.mend


async def test_one_key_of_two_and_an_address_with_credentials_are_findings(tmp_path: Path) -> None:
    found = await look(
        tmp_path,
        {
            "LANGFUSE_PUBLIC_KEY": "pk-half",
            "LANGSMITH_API_KEY": "a-key",
            "LANGSMITH_ENDPOINT": "https://user:hunter2@example.org",
        },
    )
    assert [f.level for f in found.values()] == [Level.FAIL, Level.FAIL]
    assert "belong together" in found["langfuse"].text
    assert "hunter2" not in str(found)
