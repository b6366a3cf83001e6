"""The questionnaire as it can be fielded: printed, and as files that survey platforms import."""

from b2bsurvey.fielding.form import form_of
from b2bsurvey.fielding.limesurvey import write_lss
from b2bsurvey.fielding.printed import printed_questionnaire
from b2bsurvey.fielding.xlsform import write_xlsform
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.render.catalogue import LANGUAGES


def fielding_files(questionnaire: Questionnaire, study: str) -> dict[str, bytes | str]:
    """Return file name → content: a page to print in each language that we have words in, `.lss` and XLSForm.

    The questionnaire must have its texts in all of its languages (`questionnaire_file.load_in_all_languages`).
    """
    form = form_of(questionnaire)
    printed: dict[str, bytes | str] = {
        f"questionnaire_{language}.html": printed_questionnaire(form, language, study)
        for language in form.languages
        if language in LANGUAGES
    }
    return printed | {"limesurvey.lss": write_lss(form), "xlsform.xlsx": write_xlsform(form)}
