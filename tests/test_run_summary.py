"""What a finished run says: the numbers of its files, and nothing of what was not made."""

import json

from b2bsurvey.run_summary import run_summary


def made(results, wave, dispositions, **ingest):
    data = results / wave / "data"
    data.mkdir(parents=True)
    (data / "ledger.csv").write_text("row,disposition\n" + "".join(f"1,{d}\n" for d in dispositions), encoding="utf-8")
    empty = {"files": [{"notes": []}], "not_understood": [], "misrouted": {}, "contradictory": {}}
    (data / "ingest.json").write_text(json.dumps(empty | ingest), encoding="utf-8")


def test_waves_and_all_of_them_are_counted(tmp_path):
    made(tmp_path, "one", ["analysed"] * 1200 + ["empty"])
    made(
        tmp_path,
        "two",
        ["analysed", "test"],
        misrouted={"why": 3},
        contradictory={"exclusive": {"why": 2}},
        not_understood=[{}],
        files=[{"notes": ["n"]}],
    )
    (tmp_path / "two" / "report_fr.html").touch()
    (tmp_path / "waves").mkdir()
    (tmp_path / "waves" / "report_en.html").touch()
    (tmp_path / "index_en.html").touch()
    assert run_summary(tmp_path, ["one", "two", "three"], ["en", "fr"]).splitlines() == [
        "one: analysed 1,200, excluded 1, warnings 0",
        "two: analysed 1, excluded 1, warnings 7",
        f"  {tmp_path}/two/report_fr.html",
        f"All waves: analysed 1,201, excluded 2, warnings 7 (listed in {tmp_path}/WAVE/data/ingest.csv)",
        f"  {tmp_path}/waves/report_en.html",
        f"  {tmp_path}/index_en.html",
    ]


def test_a_run_that_made_no_wave_says_nothing(tmp_path):
    assert run_summary(tmp_path, ["one"], ["en"]) == ""
