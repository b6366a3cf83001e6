"""Profiles of latent classes: how likely members of each class are to name each item."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from b2bsurvey.render.figures.items import Item
from b2bsurvey.render.figures.page import Page
from b2bsurvey.render.figures.small_multiples import Facet, draw_facets, spoken_facets, widest_apart
from b2bsurvey.render.figures.wording import Wording


@dataclass(frozen=True)
class LatentClass:
    """A class: its share of respondents, the probability of each item among its members, what tells it apart."""

    name: str
    size: Item
    items: Sequence[Item]
    description: str = ""


@dataclass(frozen=True)
class Profiles:
    """The classes side by side, the largest first."""

    classes: Sequence[LatentClass]
    words: Wording

    @property
    def items(self) -> list[Item]:
        """The classes' shares of respondents."""
        return [c.size for c in self.classes]

    def title(self) -> str:
        """Say how large the classes are, and on which item they are furthest apart."""
        words = self.words
        sizes = [words.share_with_interval(c.size) for c in self.classes if math.isfinite(c.size.share)]
        text = words.say("figure_profiles_sizes", k=len(self.classes), sizes=words.joined(sizes))
        plain = [Facet(c.name, c.items) for c in self.classes]
        return words.joined([text, *widest_apart(plain, range(len(self.classes[0].items)), words)], "then")

    def methods(self) -> list[str]:
        """Say what tells each class apart, and that classes are estimated, not observed."""
        return [*(c.description for c in self.classes if c.description), self.words.say("figure_profiles_method")]

    def alt(self) -> str:
        """Return each item's probabilities in words."""
        return spoken_facets(self._facets(), self.words)

    def compose(self, page: Page, spread: float) -> None:
        """Lay the classes out below what is on the page."""
        labels = [i.label for i in self.classes[0].items]
        draw_facets(page, spread, labels, self._facets(), [True] * len(labels), self.words, bars=True)

    def _facets(self) -> list[Facet]:
        words = self.words
        return [
            Facet(
                words.say("figure_profiles_class", name=c.name, share=words.share(c.size.share))
                if math.isfinite(c.size.share)
                else c.name,
                [replace(item, n=0) for item in c.items],  # the base is that of all classes: the caption gives it
            )
            for c in self.classes
        ]
