"""b2bsurvey: questionnaire exports in, survey statistics, figures and reports out."""
