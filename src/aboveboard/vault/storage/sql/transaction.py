"""What can be asked and written inside one transaction? Every area, over one connection."""

from aboveboard.vault.storage.sql.access import SqlAccess
from aboveboard.vault.storage.sql.artefacts import SqlArtefacts, SqlErasures
from aboveboard.vault.storage.sql.concerns import SqlConcerns
from aboveboard.vault.storage.sql.enrolments import SqlDisclosures, SqlEnrolments
from aboveboard.vault.storage.sql.fleet import SqlFleet
from aboveboard.vault.storage.sql.notices import SqlNotices
from aboveboard.vault.storage.sql.permissions import SqlConsents, SqlPauses
from aboveboard.vault.storage.sql.segments import SqlSegments


class SqlTransaction(
    SqlDisclosures,
    SqlEnrolments,
    SqlConsents,
    SqlPauses,
    SqlSegments,
    SqlAccess,
    SqlArtefacts,
    SqlErasures,
    SqlConcerns,
    SqlNotices,
    SqlFleet,
):
    """The port ``records.Transaction``. Use it only inside the ``begin()`` or ``read()`` that made it."""
