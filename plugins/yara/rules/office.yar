// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules for documents of Office: by content, as in dispatcher.yar.

rule outlook_message {
  meta:
    description = "Outlook message"
    plugin = "msg"
  strings:
    $properties = "__properties_version1.0" wide
  condition:
    uint32be(0) == 0xD0CF11E0 and uint32be(4) == 0xA1B11AE1 and $properties
}

rule ole_compound_file {
  meta:
    description = "OLE compound file: Office 97 to 2003, embedded objects, installer packages"
    plugin = "ole, vba"
  condition:
    uint32be(0) == 0xD0CF11E0 and uint32be(4) == 0xA1B11AE1 and not outlook_message
}

rule encrypted_office_package {
  meta:
    description = "encrypted Office Open XML document"
    plugin = "officecrypt"
  strings:
    $stream = "EncryptedPackage" wide
  condition:
    uint32be(0) == 0xD0CF11E0 and uint32be(4) == 0xA1B11AE1 and $stream
}

rule active_mime {
  meta:
    description = "ActiveMime: a compressed compound file, as Word puts it into XML and MHTML"
    plugin = "ole"
  condition:
    uint32be(0) == 0x41637469 and uint32be(4) == 0x76654D69 and uint16be(8) == 0x6D65
}

rule rtf_document {
  meta:
    description = "RTF"
    plugin = "rtf"
  condition:
    uint32be(0) == 0x7B5C7274
}

rule onenote_section {
  meta:
    description = "OneNote section, stored or exported"
    plugin = "onenote"
  condition:
    uint32be(0) == 0xE4525C7B and uint32be(4) == 0x8CD8A74D and uint32be(8) == 0xAEB15378 and uint32be(12) == 0xD02996D3
}

rule office_package {
  meta:
    description = "Office Open XML: a ZIP with the part that every one has"
    plugin = "ooxml"
  strings:
    $types = "[Content_Types].xml"
  condition:
    uint32be(0) == 0x504B0304 and $types
}

rule office_xml_file {
  meta:
    description = "a document of Office in one XML file"
    plugin = "ooxml"
  strings:
    $flat = "http://schemas.microsoft.com/office/2006/xmlPackage" ascii wide
    $word = "http://schemas.microsoft.com/office/word/2003/wordml" ascii wide
  condition:
    (uint8(0) == 0x3C or uint32be(0) == 0xEFBBBF3C or uint16be(0) == 0xFFFE or uint16be(0) == 0xFEFF or uint16be(0) == 0x003C) and
    ($flat in (0 .. 8192) or $word in (0 .. 8192))
}
