"""Draw figures of a wave in one language: `figures_work.py WAVE LANGUAGE FORMATS`; prints number, CPU-s beyond imports, bytes."""

import sys
import time
from pathlib import Path

from b2bsurvey.config import load_config
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.render.drawn import figure_files
from b2bsurvey.render.figures import draw_figures
from b2bsurvey.tables import read_table


def main(wave: str, language: str, formats: str) -> None:
    """Draw all figures of the wave's results."""
    config = load_config([Path("config/config.yaml")])
    asked = load_questionnaire(Path(config.waves[wave].questionnaire), [language], wave)
    tables = {path.stem: read_table(str(path)) for path in sorted(Path(f"results/{wave}/tables").glob("*.csv"))}
    started = time.process_time()
    figures = draw_figures(tables, asked, language, config.waves[wave].origin)
    files = figure_files(figures, formats.split(","))
    print(len(figures), time.process_time() - started, sum(map(len, files.values())))


if __name__ == "__main__":
    main(*sys.argv[1:])
