"""The page of the print check: figures as a person reads them, each place pictured."""

from coxa.manufacturing import Certificate, Rule
from coxa.manufacturing.rules.certificate import Verdict
from coxa.report.pages.print_page import CheckedPart, part_figures, write_print_page
from tests.report.made_case import ball

PLACE = (60.0, 10.0, -10.0)
RULES = (
    Rule("triangles", 511250.0, 4000000.0, "1", Verdict.PASS),
    Rule("bodies", 1.0, 1.0, "1", Verdict.PASS),
    Rule("thinnest_wall", 0.104, 0.4, "mm", Verdict.FAIL, "at (60.0, 10.0, -10.0)", (PLACE,)),
    Rule("volume", 16.94, None, "ml", Verdict.INFO),
)


def checked() -> CheckedPart:
    return CheckedPart(ball([60.0, 10.0, -20.0]), Certificate("lpbf", RULES))


def test_values_and_limits_carry_their_unit(tmp_path):
    write_print_page(tmp_path / "page.html", {"augment_part": checked()}, "Written <on demand>.")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    cells = [part.partition("</td>")[0] for part in text.split('<td class="n">')[1:]]
    assert cells == ["511,250", "4,000,000", "1", "1", "0.104 mm", "0.4 mm", "16.9 ml", ""]
    assert "not printable (lpbf)" in text and "Written &lt;on demand&gt;." in text
    assert "http" not in text.replace("http-equiv", "")  # nothing is loaded from elsewhere


def test_the_failure_is_pictured_and_said_where():
    titles = [figure.title for figure in part_figures(checked())]
    assert titles == ["Seen from the front", "Seen from behind", "Thinnest wall"]
    wall = part_figures(checked())[-1]
    assert "0.104 mm, fail, at (60.0, 10.0, -10.0)" in wall.caption
