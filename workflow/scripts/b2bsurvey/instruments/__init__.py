"""Descriptions of what was asked, from files of survey platforms; they know nothing of the study."""
