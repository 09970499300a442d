"""What a simulated reconstructor knows about one application: its sections, and how to rebuild it from some of them."""

from collections.abc import Collection
from functools import cached_property

from iccm_dagster.applications.catalogue import Application, source_files
from iccm_dagster.applications.rebuild import SectionRebuilder
from iccm_dagster.applications.requirements import Requirement
from iccm_dagster.applications.sections import Section
from iccm_dagster.applications.traceability import SectionSpan, Traceability, load_traceability
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.orchestra.masking import mask_names, own_names


class Knowledge:
    """One application, prepared for thousands of rebuilds."""

    def __init__(self, application: Application, *, at_import: frozenset[str]) -> None:
        self.application = application
        self.at_import = at_import
        self.files = source_files(application)
        self._rebuilder = SectionRebuilder(application, at_import=at_import)
        self.sections: tuple[Section, ...] = self._rebuilder.sections

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The gold requirements; empty where there are none."""
        return tuple(requirement for requirement in self.application.requirements if not requirement.derived)

    @cached_property
    def traceability(self) -> Traceability:
        return load_traceability(self.application)

    @cached_property
    def candidates(self) -> tuple[Section, ...]:
        """The sections that a statement can be about: public functions and methods whose body can be hidden."""
        return tuple(
            section
            for section in self.sections
            if section.public and section.name in self._rebuilder.stubbable and section.name not in self.at_import
        )

    @cached_property
    def masked(self) -> tuple[str, ...]:
        """The code of each candidate as a reader may see it."""
        hidden = own_names(self.files.values())
        return tuple(mask_names(section.code, hidden) for section in self.candidates)

    def rebuild(self, restored: Collection[SectionSpan]) -> Implementation:
        """Return the application with these sections and nothing else; no spans give the interface alone."""
        return Implementation(files=self._rebuilder.rebuild(restored), origin=Origin.DERIVED)

    @property
    def original(self) -> Implementation:
        return Implementation(files=self.files, origin=Origin.ORIGINAL)


def whole(section: str) -> SectionSpan:
    """Return the span that is all of a section."""
    return SectionSpan(section=section, first_line=None, last_line=None)
