from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from evals.reports.canvas import BLUE, COLOURS, Chart, draw, inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HOSTILE = '$\\frac{1}{0}$ </svg><script>alert(1)</script> & "x"'


def chart(name: str = "one", label: str = "label") -> Chart:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=BLUE, marker="o", label=label)
        axes.legend()

    return Chart(name=name, title="Title", alt="A line.", width=6, height=3, paint=paint)


def test_the_same_chart_is_the_same_bytes_in_any_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: draw(chart()), range(4)))
    assert len({picture.svg for picture in drawn}) == 1
    assert len({picture.png for picture in drawn}) == 1
    assert "dc:date" not in drawn[0].svg
    assert drawn[0].png.startswith(b"\x89PNG")


def test_settings_of_others_are_neither_used_nor_changed() -> None:
    import matplotlib

    plain = draw(chart())
    with matplotlib.rc_context({"font.size": 30.0, "lines.linewidth": 9.0}):
        assert draw(chart()).svg == plain.svg
        assert matplotlib.rcParams["font.size"] == 30.0


def test_a_hostile_label_is_text_and_no_formula() -> None:
    picture = draw(chart(label=HOSTILE))
    texts = ["".join(each.itertext()) for each in ET.fromstring(picture.svg).iter() if each.text]
    assert HOSTILE in texts
    assert "<script" not in inline_svg(picture)


def test_pictures_of_one_page_share_no_id_and_take_the_colours_of_the_page() -> None:
    both = [inline_svg(draw(chart(name))) for name in ("one", "two")]
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in both]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, held in zip(both, ids, strict=True):
        ET.fromstring(svg)
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
        assert set(used) <= held
        assert f"var({COLOURS[BLUE]}, {BLUE})" in svg
        assert "<style" not in svg
        assert not re.search(r"<svg[^>]* width=", svg)


def test_a_name_in_any_script_is_drawn() -> None:
    label = "払い戻し 🎉 Ձեռք"
    assert label in draw(chart(label=label)).svg
