"""What leaves the app: a run as files for other programs, and back in again."""

from gan_lab.export.base import Export, ExportError, Tell
from gan_lab.export.bring import bring
from gan_lab.export.sets import SetExport, Wish
from gan_lab.export.table import EXPORTS

__all__ = ["EXPORTS", "Export", "ExportError", "SetExport", "Tell", "Wish", "bring"]
