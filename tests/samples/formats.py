# SPDX-License-Identifier: Apache-2.0
"""All formats, by the sections of docs/formats.md."""
import archives
import carvers
import documents
import mails
import office
import rare
import scripts

SECTIONS = {
    "Archives, compressed files, images": archives.FORMATS + rare.FORMATS,
    "Mail": mails.FORMATS,
    "Documents of Office": office.FORMATS,
    "Other documents": documents.FORMATS,
    "Pages and scripts": scripts.FORMATS,
    "In other bytes": carvers.FORMATS,
    "Executables packed by UPX": carvers.PACKED,
}
FORMATS = [form for section in SECTIONS.values() for form in section]
