"""The built pages: whole, self-contained, and showing what was recorded."""

import re
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import chapters
import pages
import pytest
from bs4 import BeautifulSoup

from genodl_utils import results

CHAPTERS = chapters.find()
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def soups(site):
    files = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(), "html.parser") for path in files}


def test_pages_load_nothing_from_other_hosts(soups):
    for name, soup in soups.items():
        loaded = [tag.get("src") for tag in soup.select("script[src], img[src], iframe[src]")]
        loaded += [tag["href"] for tag in soup.select("link[rel=stylesheet], link[rel=preload], link[rel~=icon]")]
        assert not [address for address in loaded if urlsplit(address).netloc], name


def test_links_within_the_book_lead_somewhere(soups, site):
    identifiers = {name: {tag["id"] for tag in soup.select("[id]")} for name, soup in soups.items()}
    for name, soup in soups.items():
        for link in soup.select("article a[href], nav a[href]"):
            address = urlsplit(link["href"])
            if address.scheme or address.netloc:
                continue
            target = (site / name).parent / unquote(address.path) if address.path else site / name
            assert target.resolve().exists(), f"{name}: {link['href']}"
            inside = target.resolve().relative_to(site.resolve()).as_posix()
            if address.fragment and inside in identifiers:
                assert unquote(address.fragment) in identifiers[inside], f"{name}: {link['href']}"


def test_every_image_has_an_alternative_text(soups):
    for name, soup in soups.items():
        for image in soup.select("article img"):
            assert len(image.get("alt", "")) > 20, f"{name}: {image.get('src')}"


@each_chapter
def test_chapter_page_has_its_buttons(soups, path):
    soup = soups[f"notebooks/{path.stem}.html"]
    addresses = [link["href"] for link in soup.select("a[href]")]
    assert pages.colab_link(path) in addresses
    assert any(address.endswith(f"_sources/notebooks/{path.name}") for address in addresses), "no download button"


@each_chapter
def test_chapter_page_shows_what_was_recorded(soups, path):
    soup = soups[f"notebooks/{path.stem}.html"]
    text = soup.select_one("article").get_text(" ")
    for row in results.read(path):
        assert results.format_value(row) in text
    n_figures = sum(1 for cell in chapters.load(path).cells if "mystnb" in cell.metadata)
    assert len(soup.select("article figure figcaption")) >= n_figures > 0
    assert "Traceback" not in text and "vnd.genodl" not in text


@each_chapter
def test_solutions_are_folded(soups, path):
    solutions = soups[f"notebooks/{path.stem}.html"].select("div.solution")
    assert len(solutions) >= 3 and all("dropdown" in solution["class"] for solution in solutions)


def test_results_page_lists_every_recorded_result(soups):
    table = [[cell.get_text() for cell in row.select("td")] for row in soups["book/results.html"].select("table tr")]
    for path in CHAPTERS:
        for row in results.read(path):
            assert any(row["kind"] in cells and results.format_value(row) in cells for cells in table)


def test_mission_page_has_no_empty_cell_and_names_every_application(soups):
    rows = [[cell.get_text(strip=True) for cell in row.select("td")] for row in soups["book/mission.html"].select("tr")]
    rows = [row for row in rows if row]
    assert all(len(row) == 4 and all(row) for row in rows)
    applications = {path.stem for path in CHAPTERS if path.stem > "11"}
    linked = {link["href"] for link in soups["book/mission.html"].select("table a[href*=notebooks]")}
    assert {f"../notebooks/{name}.html" for name in applications} == linked


def test_a_mission_row_shows_the_best_network_and_baseline():
    [path] = chapters.find(["12_splice_sites"])
    cells = pages.mission_row("Splice sites", path.stem, "splice_uci", "cv10", "accuracy")
    rows = [row for row in results.read(path) if (row["dataset"], row["split"]) == ("splice_uci", "cv10")]
    for cell, kind in zip(cells[1:3], ("deep", "baseline"), strict=True):
        best = max((row for row in rows if row["kind"] == kind), key=lambda row: row["value"])
        assert best["model"] in cell and results.format_value(best) in cell


def test_a_mission_row_without_a_recording_is_refused():
    with pytest.raises(SystemExit, match=r"'Splice sites' in book/mission.toml: .* Received: tasks \[\]"):
        pages.mission_row("Splice sites", "12_splice_sites", "splice_uci", "no_such_split", "accuracy")


def test_speed_page_shows_ratios_growth_and_what_each_chapter_takes(soups):
    soup = soups["book/speed.html"]
    tables = [
        [[cell.get_text(strip=True) for cell in row.select("td")] for row in table.select("tr") if row.select("td")]
        for table in soup.select("table")
    ]
    assert all(all(row) for table in tables for row in table)
    assert [row[0].split(":")[0] for row in tables[0]] == [
        "One-hot", "Windows", "Mutagenesis", "Saliency", "Training", "Pileup"
    ]  # fmt: skip
    assert len(tables[1]) == len(CHAPTERS) and all(re.search(r"[\d,]+ MB", row[3]) for row in tables[1])
    [figure] = soup.select("img[src*=speed]")
    assert figure["alt"].count("slope") >= 12


def test_data_page_lists_every_data_set(soups):
    text = soups["book/data_cards.html"].get_text()
    assert all(name in text for name in pages.registry())


def test_formulas_and_search_come_from_the_book_itself(soups, site):
    scripts = [tag["src"] for tag in soups["notebooks/12_splice_sites.html"].select("script[src]")]
    [mathjax] = [script for script in scripts if "mathjax" in script.lower()]
    assert (site / "notebooks" / urlsplit(mathjax).path).resolve().exists()
    assert "splice" in (site / "searchindex.js").read_text()


def test_committed_files_are_made_from_the_recordings(root):
    checked = subprocess.run(
        [sys.executable, "book/_tools/pages.py", "--check"], cwd=root, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_headline_sets_the_best_beside_the_best_and_names_tasks_that_share_a_key(monkeypatch):
    def row(task, kind, value, higher_is_better=True):
        key = {"task": task, "dataset": "set", "split": "cv5", "metric": "mcc"}
        return key | {"kind": kind, "value": value, "higher_is_better": higher_is_better}

    kinds = ("deep", "deep", "baseline", "baseline", "published")
    rows = [row("first", kind, value) for kind, value in zip(kinds, (0.1, 0.3, 0.2, 0.4, 0.9), strict=True)]
    rows += [row("second", kind, value, False) for kind, value in zip(kinds, (5, 6, 7, 8, 1), strict=True)]
    rows += [row("no network", "baseline", 0.5)]
    monkeypatch.setattr(results, "read", lambda path: rows)
    first, second = pages.headline("any").split("<br>")
    assert first == "set cv5, mcc (first): **0.300** (baseline 0.400)"
    assert second == "set cv5, mcc (second): **5.000** (baseline 7.000)"


def test_one_setting_feeds_every_address_of_the_repository(root):
    url = pages.repository_url()
    files = [root / name for name in ("README.md", "pyproject.toml", "CITATION.cff", "book/how_to_use.md")]
    sources = ["\n".join(cell.source for cell in chapters.load(path).cells) for path in CHAPTERS]
    for text in [*(path.read_text() for path in files), *sources]:
        assert url in text
        assert set(re.findall(r"https://github\.com/[\w.-]+/[\w-]+", text)) <= {url}
