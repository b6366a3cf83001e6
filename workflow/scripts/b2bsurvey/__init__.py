"""b2bsurvey: questionnaire exports in, survey statistics, figures and reports out."""

import os

# openpyxl writes other bytes where lxml is installed, which Word files need: the same bytes with and without
os.environ["OPENPYXL_LXML"] = "False"
