"""What every chart can do."""

from collections.abc import Sequence
from typing import Protocol

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.page import Page


class Chart(Protocol):
    """A chart holds plain data, says what they allow to say, and lays itself out on a page."""

    @property
    def items(self) -> Sequence[Item]:
        """The shares that the caption is to say the base and the intervals of."""
        ...

    def title(self) -> str:
        """Return the finding, made from the numbers with their uncertainty."""
        ...

    def methods(self) -> list[str]:
        """Return what the caption must say of how the numbers were made."""
        ...

    def alt(self) -> str:
        """Return all numbers in words."""
        ...

    def compose(self, page: Page, spread: float) -> None:
        """Lay the chart out below what is on the page, each row `spread` points higher than it needs to be."""
        ...
