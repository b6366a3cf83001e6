"""What stands in place of a figure that cannot be estimated: the reason."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.style import NEUTRAL


@dataclass(frozen=True)
class Message:
    """A sentence in a box, and the title above it."""

    text: str
    heading: str

    @property
    def items(self) -> list[Item]:
        """No shares."""
        return []

    def title(self) -> str:
        """Return the title."""
        return self.heading

    def methods(self) -> list[str]:
        """Return nothing: there are no numbers."""
        return []

    def alt(self) -> str:
        """Return the sentence."""
        return self.text

    def compose(self, page: Page, spread: float) -> None:
        """Put the sentence below what is on the page."""
        pad = 1.2 * page.type
        lines = page.wrap(self.text, page.right - page.margin - 2 * pad)
        top, bottom = page.y, page.y + len(lines) * page.leading() + 2 * pad + spread
        page.lines(page.margin + pad, (top + bottom) / 2, lines)

        def marks(axes: Axes) -> None:
            axes.fill_between([page.margin, page.right], top, bottom, color=NEUTRAL, linewidth=0)

        page.draw(marks)
        page.y = bottom
