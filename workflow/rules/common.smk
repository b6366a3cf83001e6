"""What the rules share: the configuration, the targets, the hashes that decide what reruns, and the run's own lock.

Needs: the config. Makes: nothing.
"""

import atexit
import fcntl
import re
import shutil
from functools import cache

from snakemake.logging import logger

from b2bsurvey import failures, fingerprint
from b2bsurvey.config import WHOLE_WAVE, Config, load_config, with_command_line
from b2bsurvey.errors import StudyError
from b2bsurvey.questionnaire import ANALYSES
from b2bsurvey.questionnaire_file import (
    analyses_of,
    coding_files,
    config_names_are_known,
    structure_hash,
    text_hash,
)
from b2bsurvey.run_summary import run_summary
from b2bsurvey.strict_yaml import Document
from b2bsurvey.waves import series_of, waves_are_not_pooled

SCRIPTS = Path(str(workflow.current_basedir)).parent / "scripts"
STATE = Path(".snakemake/b2bsurvey")
FAILURES = STATE / "failures"
# what a job has to say to the user, printed at the end
SAID = STATE / "said.txt"
# the files to draft a questionnaire from: a key of the command line, and none of the config
command_line = dict(workflow.config_settings.config)
drafted_from = command_line.pop("export", None)
# the table of a paper to check: another such key
checked_table = command_line.pop("table", None)

try:
    # imported with `module:`, which passes its config
    if workflow.modifier.skip_configfile:
        study = with_command_line(
            Document("the importing workflow's config", config), {}
        )
    else:
        files = workflow.overwrite_configfiles or [Path("config/config.yaml")]
        study = load_config(files, command_line)
    config_names_are_known(study)
    waves_are_not_pooled(study)
except StudyError as error:
    if drafted_from is None and checked_table is None:
        sys.exit(str(error))
    # a draft comes before the study that it is for, and a table of a paper needs none
    study = Config(study="", languages=("en",), waves={})

WAVES = list(study.waves)
LANGUAGES = list(study.languages)
# the waves that are compared, one tuple a series; none where no two waves are of one
SERIES = series_of(study)
COMPARED = [wave for names in SERIES for wave in names]
targets = []


wildcard_constraints:
    # the reserved names of waves are folders of results across waves
    wave="(?!(?:waves|published|release|drafts)/)[a-z0-9][a-z0-9-]*",
    language="en|de|fr|it",
    analysis="|".join(ANALYSES),


@cache
def code(script, *modules):
    """Return the hash of all source that a script reaches: editing a module reruns just the jobs that use it."""
    return fingerprint.source_hash(SCRIPTS, script, *modules)


def given(wave=(), **settings):
    """Return params: the wave with just the fields named, other settings, and all of it as text.

    Snakemake compares params of plain types only: the text makes it see a change.
    """

    def of_wave(wildcards):
        return study.waves[wildcards.wave].only(*wave)

    text = repr(settings)
    return {
        "wave": of_wave,
        **settings,
        "given": lambda wildcards: repr(of_wave(wildcards)) + text,
    }


def compared(*fields, **settings):
    """Return params: each series with just the fields named of its waves, other settings, and all of it as text."""
    series = [[study.waves[name].only(*fields) for name in names] for names in SERIES]
    return {"series": series, **settings, "given": repr((series, settings))}


@cache
def exports_hash(wave):
    """Return the sha256 of each export as it is now; a mere touch changes nothing."""
    return [fingerprint.file_hash(path) for path in study.waves[wave].exports]


def populations(wave):
    """Return the population table of a wave, in a list: empty where it has none."""
    table = study.waves[wave].weighting.population
    return [table] if table else []


@cache
def population_hash(wave):
    """Return the sha256 of the wave's population table as it is now, empty where it has none."""
    return "".join(fingerprint.file_hash(path) for path in populations(wave))


@cache
def asked(wave):
    """Return the hash of what decides how the answers of a wave are read."""
    return structure_hash(Path(study.waves[wave].questionnaire), wave)


@cache
def worded(wave):
    """Return the hash of the whole questionnaire of a wave, texts included."""
    return text_hash(Path(study.waves[wave].questionnaire), wave)


@cache
def analyses(wave):
    """Return the analyses of a wave: those that it has questions for, and models where the config names some."""
    asked = analyses_of(Path(study.waves[wave].questionnaire), wave)
    named = ["models"] if study.inference.models.named else []
    return [name for name in ANALYSES if name in (*asked, *named)]


def tables(kinds=("", "_tests")):
    """Return an input: the tables of a wave's analyses, estimates before tests."""

    def of_wave(wildcards):
        return expand(
            "results/{wave}/tables/{analysis}{kind}.csv",
            wave=wildcards.wave,
            analysis=analyses(wildcards.wave),
            kind=kinds,
        )

    return of_wave


def typed_table():
    """Return the path of the table to check; where there is none, the run ends with a sentence."""
    if checked_table and Path(str(checked_table)).is_file():
        return str(checked_table)
    what = (
        f"{checked_table}: there is no such file"
        if checked_table
        else "No table is named"
    )
    sys.exit(
        f"{what}; say which table to check: snakemake check_published --config table=FILE."
    )


def typed_name():
    """Return what the checks of that table are called: by its file, of small letters, digits and hyphens."""
    words = re.findall("[a-z0-9]+", Path(typed_table()).stem.lower())
    return "-".join([*words, "table"] if words in ([], ["checks"]) else words)


@cache
def drafted():
    """Return the files to draft from; a mistake in their names ends the run with its sentence."""
    # here, because it loads pandas, which no other run needs
    from b2bsurvey.drafts.files import chosen, named

    try:
        return chosen(named(drafted_from))
    except StudyError as error:
        sys.exit(str(error))


def of_no_wave():
    """Return the targets across waves, those of custom rules among them."""
    waves = tuple(f"results/{wave}/" for wave in WAVES)
    last = ("results/privacy.json", "results/provenance.json")
    return [t for t in targets if not str(t).startswith(waves) and t not in last]


# Snakemake's `quiet` silences errors too, or not the two lines before each job: silence just these, everywhere
logger.addFilter(
    lambda record: not str(record.msg).startswith(("Select jobs to", "Execute "))
)
# asked for on the command line; the profile's own `quiet` only drops what Snakemake says of each job
QUIET = any(word == "-q" or word.startswith("--quiet") for word in sys.argv)
if QUIET:
    os.environ |= {"B2BSURVEY_QUIET": "1"}  # for the jobs

STATE.mkdir(parents=True, exist_ok=True)
# opened here, because a file opened in onstart is closed again with it
run_lock = open(STATE / "run.lock", "w")


onstart:
    try:
        fcntl.flock(run_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(
            f"{Path.cwd()}: another run is working in this folder; wait for it to end, or stop it.",
            file=sys.stderr,
        )
        sys.stderr.flush()
        os._exit(1)
    failures.clear(FAILURES)
    SAID.unlink(missing_ok=True)
    shutil.rmtree(STATE / "tmp", ignore_errors=True)  # of a run that was killed


onerror:
    atexit.register(failures.print_all, FAILURES)


onsuccess:
    if SAID.is_file():
        print(SAID.read_text(encoding="utf-8"))
    elif not QUIET:
        print(run_summary(Path("results"), WAVES, LANGUAGES))
