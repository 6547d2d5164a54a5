// SPDX-License-Identifier: Apache-2.0
#include "document_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <stdexcept>

namespace office_samples {
namespace {

const std::string kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n";
const std::string kTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

std::string relationships(const std::string& inner) {
  return kHead +
         "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" +
         inner + "</Relationships>";
}

std::string relationship(const std::string& id, const std::string& type, const std::string& target,
                         bool external = false) {
  return "<Relationship Id=\"" + id + "\" Type=\"" + type + "\" Target=\"" + target + "\"" +
         (external ? " TargetMode=\"External\"" : "") + "/>";
}

std::string base64_lines(const std::string& text) {
  static constexpr const char* kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > text.size() ? '=' : kLetters[bits >> (18 - 6 * k) & 63];
    if (i % 57 == 54) out += "\r\n";
  }
  return out;
}

}  // namespace

std::string zip_of(const std::vector<Part>& parts) {
  std::string out(1 << 20, '\0');
  for (const Part& part : parts) out.resize(out.size() + part.content.size() + 1024);
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_set_format_zip(a);
  archive_write_set_bytes_in_last_block(a, 1);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const Part& part : parts) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, part.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(part.content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 1577934246, 0);
    if (archive_write_header(a, entry) != ARCHIVE_OK)
      throw std::runtime_error("cannot write a zip");
    archive_write_data(a, part.content.data(), part.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  return out.substr(0, used);
}

std::string word_package(const std::vector<Macro>& macros, const std::string& embedded_object,
                         const std::string& template_target) {
  const std::string document = kHead +
                               "<w:document "
                               "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/"
                               "main\"><w:body><w:p/></w:body></w:document>";
  return zip_of({
      {"[Content_Types].xml",
       kHead +
           "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default "
           "Extension=\"rels\" "
           "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default "
           "Extension=\"bin\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.oleObject\"/><Override "
           "PartName=\"/word/document.xml\" "
           "ContentType=\"application/vnd.ms-word.document.macroEnabled.main+xml\"/><Override "
           "PartName=\"/word/vbaProject.bin\" "
           "ContentType=\"application/vnd.ms-office.vbaProject\"/></Types>"},
      {"_rels/.rels",
       relationships(relationship("rId1", kTypes + "officeDocument", "word/document.xml"))},
      {"word/document.xml", document},
      {"word/_rels/document.xml.rels",
       relationships(
           relationship("rId1", "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
                        "vbaProject.bin") +
           relationship("rId2", kTypes + "oleObject", "embeddings/oleObject1.bin"))},
      {"word/vbaProject.bin", compound(project_nodes(macros))},
      {"word/embeddings/oleObject1.bin", embedded_object},
      {"word/settings.xml",
       kHead + "<w:settings "
               "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"/>"},
      {"word/_rels/settings.xml.rels",
       relationships(relationship("rId1", kTypes + "attachedTemplate", template_target, true))},
  });
}

std::string flat_package(const std::vector<Part>& binary_parts,
                         const std::string& external_target) {
  std::string out = kHead +
                    "<?mso-application progid=\"Word.Document\"?>\r\n<pkg:package "
                    "xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">"
                    "<pkg:part pkg:name=\"/word/_rels/document.xml.rels\"><pkg:xmlData>" +
                    relationships(relationship("rId1", kTypes + "frame", external_target, true))
                        .substr(kHead.size()) +
                    "</pkg:xmlData></pkg:part>";
  for (const Part& part : binary_parts)
    out += "<pkg:part pkg:name=\"" + part.name + "\" pkg:compression=\"store\"><pkg:binaryData>" +
           base64_lines(part.content) + "</pkg:binaryData></pkg:part>";
  return out + "</pkg:package>";
}

}  // namespace office_samples
