"""Office files (XLSX, DOCX) whose bytes do not depend on when they were written."""

import io
import re
import zipfile
from datetime import datetime

DAY = datetime(2000, 1, 1)  # stands for every time stamp, so that two runs give the same bytes


def repacked(data: bytes) -> bytes:
    """Return the same archive without the time of writing."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{DAY.isoformat()}Z".encode(), content
                )
            new.writestr(zipfile.ZipInfo(name, DAY.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
