"""The Unstructured API's adapter, over a server on a real socket."""

from __future__ import annotations

import asyncio
import logging
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.adapters.local_parser import LocalParser
from engine.adapters.unstructured_elements import elements_to_pages, parse_elements
from engine.adapters.unstructured_parser import UnstructuredParser
from engine.errors import DeskhandError, DocumentUnreadable, ParserUnavailable
from engine.knowledge.chunk import chunk_document
from engine.knowledge.document import ParsedDocument, RawDocument
from engine.knowledge.parser import ParseLimits
from engine.settings import UnstructuredSettings
from tests.unstructured_server import ApiTrouble, UnstructuredServer

DATA = Path(__file__).parent / "data"
KEY = "un-secret-0123456789"
LIMITS = ParseLimits(max_bytes=200_000)

# The client hands SSL_CERT_FILE to httpx in a way that httpx will drop.
pytestmark = pytest.mark.filterwarnings("ignore:.verify=<str>. is deprecated:DeprecationWarning")


def pdf(*pages: str) -> bytes:
    """A PDF whose pages hold these lines of text."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, text in enumerate(pages):
        lines = "".join(f"({line}) Tj 0 -24 Td " for line in text.splitlines())
        stream = f"BT /F1 12 Tf 72 720 Td {lines}ET".encode()
        content = f"{5 + 2 * number} 0 R"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(out))
    )


def handbook(pages: int) -> bytes:
    return pdf(
        *(
            f"Chapter {n}: travel in region {n}\nIn region {n} a hotel may cost {100 + n} euros "
            f"a night.\nMeals are paid up to {20 + n} euros a day."
            for n in range(1, pages + 1)
        )
    )


@pytest.fixture(scope="module")
def running() -> Iterator[UnstructuredServer]:
    with UnstructuredServer().running() as server:
        yield server


@pytest.fixture
def server(running: UnstructuredServer) -> Iterator[UnstructuredServer]:
    """Open to everybody and well."""
    running.trouble, running.times, running.api_key = None, None, None
    running.forms.clear()
    running.names.clear()
    running.most_at_once = 0
    return running


@asynccontextmanager
async def opened(
    server: UnstructuredServer, retry_for_s: float = 1.0, **changes: object
) -> AsyncIterator[UnstructuredParser]:
    settings = UnstructuredSettings(
        **{"url": server.url, "api_key": KEY, "timeout_s": 60, **changes}  # type: ignore[arg-type]
    )
    local = LocalParser(LIMITS)
    parser = UnstructuredParser(settings, LIMITS, local=local, retry_for_s=retry_for_s)
    yield parser
    await parser.aclose()
    await local.aclose()


@pytest.fixture
async def parser(server: UnstructuredServer) -> AsyncIterator[UnstructuredParser]:
    async with opened(server) as made:
        yield made


Write = Callable[[str, bytes | str], RawDocument]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(name: str, content: bytes | str) -> RawDocument:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return RawDocument(name=f"folder/{name}", content_hash="", path=path)

    return made


def text_of(document: ParsedDocument) -> str:
    return "\n".join(page.markdown for page in document.pages)


async def test_a_pdf_keeps_its_pages_and_the_ids_of_its_elements(
    parser: UnstructuredParser, server: UnstructuredServer, write: Write
) -> None:
    document = await parser.parse(write("travel.pdf", handbook(2)))
    assert [page.number for page in document.pages] == [1, 2]
    for page in document.pages:
        assert page.elements
        assert [e.offset for e in page.elements] == sorted({e.offset for e in page.elements})
        assert all(len(e.id) == 32 for e in page.elements)
        assert page.elements[0].offset == 0
        assert page.elements[-1].offset < len(page.markdown)
    assert "121 euros" not in text_of(document)
    assert "102 euros" in document.pages[1].markdown
    assert "page 1" not in text_of(document)  # the running header
    assert server.names == ["travel.pdf"]


async def test_a_long_pdf_is_split_and_put_together_in_order_with_its_own_page_numbers(
    server: UnstructuredServer, write: Write
) -> None:
    async with opened(server, parallel_pages=2) as parser:
        document = await parser.parse(write("long.pdf", handbook(9)))
    assert [page.number for page in document.pages] == list(range(1, 10))
    for page in document.pages:
        assert f"{100 + (page.number or 0)} euros" in page.markdown
    assert len(server.forms) > 1
    assert server.most_at_once <= 2
    assert {form["strategy"] for form in server.forms} == {"auto"}
    starts = sorted(int(form["starting_page_number"]) for form in server.forms)
    assert starts[0] == 1
    assert len(starts) == len(set(starts))


async def test_passages_follow_titles_and_know_their_pages(
    parser: UnstructuredParser, write: Write
) -> None:
    document = await parser.parse(write("travel.pdf", handbook(3)))
    passages = list(
        chunk_document(document, count_tokens=lambda texts: [len(t.split()) for t in texts])
    )
    assert {sentence.page for passage in passages for sentence in passage.sentences} == {1, 2, 3}


def sheet() -> bytes:
    import io

    strings = ["City", "Floor", "Berlin", "7", "Rome", "2"]
    cells = "".join(
        f'<row r="{r + 1}">'
        + "".join(
            f'<c r="{"AB"[c]}{r + 1}" t="inlineStr"><is><t>{strings[2 * r + c]}</t></is></c>'
            for c in range(2)
        )
        + "</row>"
        for r in range(3)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
        f'Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet '
        f'name="Offices" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>'
        "</worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


async def test_a_table_stays_a_table(parser: UnstructuredParser, write: Write) -> None:
    document = await parser.parse(write("offices.xlsx", sheet()))
    assert "| Berlin | 7 |" in text_of(document)
    assert "| --- |" in text_of(document) or "|---|" in text_of(document)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "# Tea\n\nTea is served at four.\n"),
        ("a.txt", "Tea is served at four.\n"),
        ("a.html", "<html><body><p>Tea is served at four.</p></body></html>"),
        ("a.csv", "what,when\nTea,at four\n"),
        ("a.eml", "Subject: Tea\nContent-Type: text/plain\n\nTea is served at four.\n"),
    ],
)
async def test_what_gains_nothing_there_never_leaves_the_house(
    parser: UnstructuredParser, server: UnstructuredServer, write: Write, name: str, content: str
) -> None:
    assert "at four" in text_of(await parser.parse(write(name, content)))
    row = RawDocument(name="c.jsonl#1", content_hash="", text="Tea is served at four.")
    assert "at four" in text_of(await parser.parse(row))
    assert server.names == []


async def test_the_version_differs_from_the_local_parsers_and_with_the_strategy(
    server: UnstructuredServer,
) -> None:
    local = LocalParser(LIMITS)
    async with opened(server) as one, opened(server, strategy="hi_res") as two:
        assert len({local.version[:15], one.version[:15], two.version[:15]}) == 3


SENTENCES = {
    ApiTrouble.UNAUTHORISED: "refuses the key (401); mend UNSTRUCTURED_API_KEY, or unset it",
    ApiTrouble.UNPAID: "wants to be paid (402)",
    ApiTrouble.NO_SUCH_PLACE: "is not the Unstructured API (404); mend UNSTRUCTURED_API_URL",
    ApiTrouble.TOO_LARGE: "a.pdf is too large for the Unstructured API at",
    ApiTrouble.UNSUPPORTED: "a.pdf is refused by the Unstructured API (422: no, said to ***)",
    ApiTrouble.LIMITED: "is overloaded; run the same command again to read it",
    ApiTrouble.BROKEN: "failed (500); run the same command again to read it",
    ApiTrouble.BUSY: "failed (503); run the same command again to read it",
    ApiTrouble.HANG: "took longer than 1.5 s; run the same command again",
    ApiTrouble.DISCONNECT: "cannot be reached; run the same command again to read it",
    ApiTrouble.MALFORMED: "is not the Unstructured API, or has a fault",
    ApiTrouble.NO_LIST: "is not the Unstructured API, or has a fault",
}
FOR_EVERY_DOCUMENT = {ApiTrouble.UNAUTHORISED, ApiTrouble.UNPAID, ApiTrouble.NO_SUCH_PLACE}
THE_FILES_OWN = {ApiTrouble.TOO_LARGE, ApiTrouble.UNSUPPORTED}


@pytest.mark.slow
@pytest.mark.parametrize("pages", [1, 6])
@pytest.mark.parametrize("trouble", SENTENCES)
async def test_each_fault_is_one_sentence_without_the_key(
    server: UnstructuredServer,
    write: Write,
    trouble: ApiTrouble,
    pages: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    timeout_s = 1.5 if trouble is ApiTrouble.HANG else 60
    started = time.monotonic()
    async with opened(server, timeout_s=timeout_s) as parser:
        server.trouble = trouble
        with pytest.raises(DeskhandError) as raised:
            await parser.parse(write("a.pdf", handbook(pages)))
    text = str(raised.value)
    assert SENTENCES[trouble] in text
    assert ". " not in text
    assert KEY not in text + caplog.text
    assert isinstance(raised.value, ParserUnavailable) == (trouble in FOR_EVERY_DOCUMENT)
    passing = trouble not in FOR_EVERY_DOCUMENT | THE_FILES_OWN
    assert raised.value.retryable == passing
    assert time.monotonic() - started < 30


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [ApiTrouble.BUSY, ApiTrouble.LIMITED, ApiTrouble.DISCONNECT])
async def test_what_passes_is_tried_again(
    server: UnstructuredServer, write: Write, trouble: ApiTrouble
) -> None:
    server.trouble, server.times = trouble, 1
    async with opened(server, retry_for_s=20) as parser:
        assert "101 euros" in text_of(await parser.parse(write("a.pdf", handbook(1))))


async def test_a_server_that_is_not_there_is_retryable(
    server: UnstructuredServer, write: Write
) -> None:
    async with opened(server, url="http://127.0.0.1:1", retry_for_s=0.1) as parser:
        with pytest.raises(DocumentUnreadable, match=r"127\.0\.0\.1:1 cannot be reached") as raised:
            await parser.parse(write("a.pdf", handbook(1)))
    assert raised.value.retryable


async def test_a_wrong_key_is_told(server: UnstructuredServer, write: Write) -> None:
    server.api_key = KEY
    async with opened(server, api_key="wrong-key-42") as parser:
        with pytest.raises(ParserUnavailable, match="refuses the key") as raised:
            await parser.parse(write("a.pdf", handbook(1)))
    assert "wrong-key-42" not in str(raised.value)


async def test_limits_hold_before_anything_is_sent(
    parser: UnstructuredParser, server: UnstructuredServer, write: Write
) -> None:
    for name, content, why in (
        ("empty.pdf", b"", "is empty"),
        ("large.pdf", b"%PDF-1.4" + b"x" * 300_000, "DESKHAND_PARSE__MAX_BYTES"),
    ):
        with pytest.raises(DocumentUnreadable, match=why):
            await parser.parse(write(name, content))
    with pytest.raises(DocumentUnreadable, match="cannot be opened"):
        await parser.parse(RawDocument(name="gone.pdf", content_hash="", path=Path("/no/such.pdf")))
    assert server.names == []


async def test_an_encrypted_pdf_is_refused_with_what_to_do(
    parser: UnstructuredParser,
) -> None:
    encrypted = RawDocument(name="x/e.pdf", content_hash="", path=DATA / "encrypted.pdf")
    with pytest.raises(DocumentUnreadable, match="password") as raised:
        await parser.parse(encrypted)
    assert not raised.value.retryable


async def test_many_documents_at_once_and_a_cancelled_one(
    parser: UnstructuredParser, server: UnstructuredServer, write: Write
) -> None:
    documents = [write(f"{n}.pdf", handbook(n)) for n in (1, 2, 5, 6)]
    first = asyncio.create_task(parser.parse(documents[3]))
    await asyncio.sleep(0.05)
    first.cancel()
    read = await asyncio.gather(*(parser.parse(document) for document in documents))
    assert [document.pages[-1].number for document in read] == [1, 2, 5, 6]
    assert first.cancelled()


async def test_the_client_leaves_the_programs_logging_as_it_is(
    parser: UnstructuredParser, write: Write
) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    await parser.parse(write("a.pdf", handbook(1)))
    assert (list(root.handlers), root.level) == before


def test_words_that_look_like_markdown_stay_words() -> None:
    texts = [
        ("NarrativeText", "# no heading\n> no quote"),
        ("NarrativeText", "1. no list"),
        ("NarrativeText", "a * b * c_d_e <script> [x](y) `z`"),
        ("NarrativeText", "one\n\ntwo"),
        ("ListItem", "• 3) third"),
        ("ListItem", "4) fourth"),
        ("UncategorizedText", "- minus"),
        ("CodeSnippet", "a ``` b"),
        ("PageNumber", "7"),
        ("Image", ""),
        ("Title", "x" * 400),
    ]
    raw = [
        {"type": kind, "text": text, "element_id": str(n)} for n, (kind, text) in enumerate(texts)
    ]
    (page,) = elements_to_pages(parse_elements(raw))
    assert page.markdown.split("\n\n")[:5] == [
        "\\# no heading \\> no quote",
        "1\\. no list",
        "a \\* b \\* c\\_d\\_e \\<script\\> \\[x\\](y) \\`z\\`",
        "one",
        "two",
    ]
    assert "- 3\\) third\n4. fourth\n\n\\- minus\n\n````\na ``` b\n````\n\nxxx" in page.markdown
    assert [page.markdown[e.offset] for e in page.elements] == list("\\1ao-4\\`x")


@pytest.mark.parametrize("answer", [None, {}, "x", [1], [{"text": "a"}], [{"type": 3}]])
def test_what_is_no_list_of_elements_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="element"):
        parse_elements(answer)
