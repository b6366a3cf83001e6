"""Synthetic waves: respondents drawn from true parameters, and the exports that they would leave on a platform."""
