"""What a check found, to be asked, printed, or written as JSON or as a page."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass

from fastcnn.data.checking.kinds import KINDS, Finding
from fastcnn.data.image_error import shown
from fastcnn.saving.atomic import atomic_write

SHOWN = 10  # findings of a kind


@dataclass(frozen=True)
class Report:
    """What was found in `folder`. classes : set ("" for the folder itself) -> class -> number of photos."""

    folder: str
    classes: dict[str, dict[str, int]]
    findings: list[Finding]

    @property
    def photos(self) -> int:
        """Number of all photos."""
        return sum(sum(counts.values()) for counts in self.classes.values())

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each kind that there are any of."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def errors(self) -> int:
        """Number of findings that need mending."""
        return sum(KINDS[finding.kind].error for finding in self.findings)

    def of(self, kind: str) -> list[Finding]:
        """The findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]

    def summary(self) -> str:
        """One sentence."""
        remarks = len(self.findings) - self.errors
        if not self.findings:
            return f"{self.photos:,} photos, nothing to mend."
        errors = f"{self.errors:,} thing{'s' * (self.errors != 1)} to mend"
        return f"{self.photos:,} photos: {errors}, {remarks:,} remark{'s' * (remarks != 1)}."

    def print(self, everything: bool = False) -> None:
        """Prints classes and findings, ten of each kind unless `everything`."""
        import rich.console

        console = rich.console.Console(highlight=False, soft_wrap=True)
        console.print(self._table())
        for kind, count in self.counts.items():
            colour = "red" if KINDS[kind].error else "yellow"
            console.print(f"\n[bold {colour}]{count:,} {KINDS[kind].title}[/]: {KINDS[kind].advice}")
            for finding in self.of(kind)[: None if everything else SHOWN]:
                console.print(f"  {line(finding)}", markup=False)
            if not everything and count > SHOWN:
                console.print(f"  ... and {count - SHOWN:,} more; --all lists them")
        console.print(f"\n{self.summary()}")

    def _table(self) -> object:
        import rich.table

        title = rich_text(f"Photos in {shown(self.folder)}")
        table = rich.table.Table(title=title, title_justify="left", box=None, pad_edge=False)
        table.add_column("class")
        for name in self.classes:
            table.add_column(name or "photos", justify="right")
        labels = sorted({label for counts in self.classes.values() for label in counts})
        for label in labels:
            numbers = [counts.get(label) for counts in self.classes.values()]
            table.add_row(rich_text(shown(label)), *("-" if n is None else f"{n:,}" for n in numbers))
        return table

    def to_json(self, path: str | os.PathLike) -> None:
        """Writes everything as JSON; names that are not UTF-8 hold escapes (\\udc..)."""
        found = {"folder": self.folder, "classes": self.classes, "photos": self.photos, "errors": self.errors}
        found |= {"findings": [asdict(f) | {"error": KINDS[f.kind].error} for f in self.findings]}
        atomic_write(path, [json.dumps(found, indent=1).encode()])

    def to_html(self, path: str | os.PathLike) -> None:
        """Writes one page with bars of classes and thumbnails of what was found."""
        from fastcnn.data.checking.page import page

        atomic_write(path, [page(self).encode()])


def rich_text(text: str) -> object:
    """Text that rich takes as it is: a name may look like its markup."""
    import rich.text

    return rich.text.Text(text)


def line(finding: Finding) -> str:
    """One finding in a line that is safe to print."""
    names = " = ".join(map(shown, finding.paths))
    return f"{names}: {finding.detail}" if names and finding.detail else names or finding.detail
