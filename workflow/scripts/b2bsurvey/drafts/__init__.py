"""Drafts of questionnaires: from an export, from a platform's definition, or from both.

`files` says which files; `described` and `recognise` say what the questions may be; `proof` tries each on the export
with what reads a wave; `draft` puts them together; `document` writes the file and what is printed.
"""
