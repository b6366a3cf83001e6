"""Text without its markup: headings and question texts as people read them."""

import html
import re

_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|s|small|span|strike|strong|sub|"
    r"sup|table|tbody|td|th|thead|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return a text without HTML tags, entities, zero-width marks, and with single ordinary spaces."""
    without = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))
    return " ".join(without.replace("\ufeff", "").replace("\u200b", "").split())
