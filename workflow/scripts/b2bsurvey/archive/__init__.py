"""A wave for colleagues and archives: SPSS and Stata files of its responses, and its codebook in DDI.

All three hold the same fields: a code is the same number in each, and a missing reason has the same label.
"""

from b2bsurvey.archive.ddi import ddi_codebook
from b2bsurvey.archive.fields import fields_of, response_sets
from b2bsurvey.archive.spss import spss_file
from b2bsurvey.archive.stata import stata_file
from b2bsurvey.config import Wave
from b2bsurvey.render.codebook_page import Codebook
from b2bsurvey.render.labels import Labels
from b2bsurvey.responses import Responses


def archive_files(book: Codebook, wave: Wave, responses: Responses, language: str) -> dict[str, bytes | str]:
    """Return `spss` (.sav), `stata` (.dta) and `ddi` (XML); two calls with equal input return equal bytes.

    SPSS and Stata have room for labels in one language, `language`; the codebook has them in all languages of the
    questionnaire, which must be loaded so.
    """
    questionnaire = book.questionnaire
    fields, sets = fields_of(responses, questionnaire, language), response_sets(questionnaire, language)
    title = f"{questionnaire.title[language]} ({wave.name})"
    notes = [note for note in (Labels(questionnaire, language).origin(wave.origin),) if note]
    return {
        "spss": spss_file(fields, sets, title),
        "stata": stata_file(fields, sets, title, notes),
        "ddi": ddi_codebook(book, wave, fields),
    }
