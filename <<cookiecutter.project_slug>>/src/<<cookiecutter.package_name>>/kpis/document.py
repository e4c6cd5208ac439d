"""A report as plain text, written as Markdown and as a page."""

from dataclasses import dataclass, field

from ..page import Cell, Fact, Page, Tone
from ..promotion.markdown import table

# Caption, head and rows.
Table = tuple[str, list[str], list[list[Cell | str]]]


@dataclass
class Report:
    """What is said, as plain text."""

    title: str
    status: str
    tone: Tone
    lead: str
    facts: list[Fact] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """The whole report but for the plots."""
        lines = [f"# {self.title}", f"**{self.status}.** {self.lead}"]
        facts = [[fact.name, fact.value, fact.hint] for fact in self.facts]
        lines.append(table(["Figure", "Value", ""], facts, right=(1,)))
        for caption, head, rows in self.tables:
            cells = [[cell if isinstance(cell, str) else cell.text for cell in row] for row in rows]
            lines += [f"## {caption}", table(head, cells)]
        return "\n\n".join([*lines, "## How to read this", *self.notes]) + "\n"

    def page(self, image: str | None, alternative: str) -> Page:
        """The same as a page, with the plots if there are any."""
        page = Page(self.title, self.status, self.tone, self.lead, self.facts, notes=self.notes)
        if image is not None:
            page.add_image("In pictures", image, alternative)
        for caption, head, rows in self.tables:
            page.add_table(caption, head, rows)
        return page
