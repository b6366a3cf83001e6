"""Drafts of questionnaires: from an export, from a platform's definition, or from both.

`files` says which files and `sources` reads them; `described` and `recognise` say what the questions may be; `proof`
tries each on the export with what reads a wave; `draft` puts them together; `document` words the file and what is
printed.
"""
