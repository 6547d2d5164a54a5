// SPDX-License-Identifier: Apache-2.0
#include "document.h"

#include <algorithm>
#include <memory>
#include <qpdf/Pipeline.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <set>
#include <stdexcept>

#include "filters.h"
#include "references.h"
#include "revisions.h"

namespace stoq::plugins::pdf {
namespace {

constexpr std::uint64_t kMostStructure = 64 << 20, kMostDocument = std::uint64_t{2} << 30;
constexpr std::size_t kMaxRevisions = 8, kHead = 512, kMaxMessages = 20, kMaxInfo = 4096;

using namespace std::string_view_literals;

/// What is worth a look wherever it hides.
bool is_of_interest(std::string_view head) {
  static constexpr std::string_view kStarts[] = {"MZ",
                                                 "\x7F"
                                                 "ELF",
                                                 "PK\x03\x04"sv,
                                                 "Rar!\x1A",
                                                 "7z\xBC\xAF\x27\x1C",
                                                 "MSCF",
                                                 "\xD0\xCF\x11\xE0",
                                                 "{\\rt",
                                                 "%PDF-",
                                                 "#!",
                                                 "CWS",
                                                 "FWS",
                                                 "ZWS",
                                                 "\xCA\xFE\xBA\xBE",
                                                 "\x78\x9F\x3E\x22",
                                                 "L\0\0\0\x01\x14\x02"sv,
                                                 "ITSF",
                                                 "\x1F\x8B\x08",
                                                 "BZh",
                                                 "\xFD"
                                                 "7zXZ",
                                                 "dex\n",
                                                 "!<arch>",
                                                 "\xCF\xFA\xED\xFE",
                                                 "**ACE**",
                                                 "xar!"};
  if (std::any_of(std::begin(kStarts), std::end(kStarts),
                  [&](std::string_view start) { return head.starts_with(start); }))
    return true;
  std::string text(
      head.substr(std::min(head.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), head.size())));
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  for (const std::string_view mark :
       {"<script", "<html", "<!doctype html", "<?php", "<job", "<hta"})
    if (text.starts_with(mark)) return true;
  return text.find("activexobject") != text.npos || text.find("wscript.") != text.npos ||
         text.find("powershell") != text.npos;
}

/// Brings a stream to the sink, once its first bytes say that it is wanted.
class Outlet final : public Pipeline {
 public:
  Outlet(Sink& sink, Found& found, bool wanted, std::uint64_t most)
      : Pipeline("outlet", nullptr), sink_(sink), found_(found), wanted_(wanted), most_(most) {}
  using Pipeline::write;

  void write(const unsigned char* bytes, std::size_t size) override {
    if (over_) throw Stop();
    if (!begun_) {
      head_.append(reinterpret_cast<const char*>(bytes), size);
      if (wanted_ || head_.size() >= kHead) decide();
      return;
    }
    give(bytes, size);
  }
  void finish() override {
    if (!over_ && !begun_ && !head_.empty()) decide_quietly();
  }
  bool begun() const { return begun_; }
  bool refused() const { return refused_; }
  bool too_large() const { return too_large_; }

 private:
  void decide() {
    if (!wanted_ && !is_of_interest(head_)) {
      over_ = true;
      throw Stop();
    }
    begun_ = true;
    refused_ = !sink_.begin(found_);
    const std::string head = std::exchange(head_, {});
    give(reinterpret_cast<const unsigned char*>(head.data()), head.size());
  }
  void decide_quietly() {
    try {
      decide();
    } catch (const Stop&) {
      over_ = true;
    }
  }
  void give(const unsigned char* bytes, std::size_t size) {
    too_large_ = size > most_ - found_.size;
    const std::size_t part = too_large_ ? static_cast<std::size_t>(most_ - found_.size) : size;
    if (!refused_ && part > 0) {
      refused_ = !sink_.data({bytes, part});
      found_.size += part;
    }
    over_ = refused_ || too_large_ || sink_.cancelled();
    if (over_) throw Stop();
  }

  Sink& sink_;
  Found& found_;
  bool wanted_;
  std::uint64_t most_;
  std::string head_;
  bool begun_ = false, over_ = false, refused_ = false, too_large_ = false;
};

class Document {
 public:
  Document(const Options& options, Sink& sink, Report& report)
      : options_(options), sink_(sink), report_(report) {}

  void read(std::string_view content);

 private:
  /// An opened document, or nothing; `why` says why. Throws nothing.
  std::unique_ptr<QPDF> open(std::string_view content, std::string& why);
  void take_apart(QPDF& pdf, unsigned revision);
  void facts(QPDF& pdf);
  void forms(const References& references, unsigned revision);
  bool stream(QPDFObjectHandle object, Found found, bool wanted);
  void text(std::string_view content, Found found);
  void list(Found found);
  void room_for_structure() {
    Budget& b = budget();
    b.of_stream = kMostStructure;
    b.exceeded = b.damaged = false;
  }
  static std::string id(QPDFObjGen object) {
    return std::to_string(object.getObj()) + " " + std::to_string(object.getGen());
  }

  const Options& options_;
  Sink& sink_;
  Report& report_;
  std::string password_;
  bool stopped_ = false;
  std::set<std::pair<QPDFObjGen, long long>> seen_;  // objects, by where they lie
};

std::unique_ptr<QPDF> Document::open(std::string_view content, std::string& why) {
  std::vector<std::string> passwords = {password_};
  passwords.insert(passwords.end(), options_.passwords.begin(), options_.passwords.end());
  for (const std::string& password : passwords) {
    auto pdf = std::make_unique<QPDF>();
    pdf->setSuppressWarnings(true);
    room_for_structure();
    try {
      pdf->processMemoryFile("the document", content.data(), content.size(), password.c_str());
      password_ = password;
      return pdf;
    } catch (const QPDFExc& e) {
      why = e.getMessageDetail();
      if (e.getErrorCode() != qpdf_e_password) return nullptr;
      report_.encrypted = true;
      why = "it is encrypted, and none of " + std::to_string(passwords.size()) +
            " passwords fits; add the right one to the option passwords";
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& e) {
      why = e.what();
      return nullptr;
    }
    if (sink_.cancelled()) return nullptr;
  }
  return nullptr;
}

void Document::list(Found found) {
  if (report_.found_count++ < options_.max_listed) report_.found.push_back(std::move(found));
}

/// Gives a stream to the sink, where it is wanted or looks as if it were; false: it was not given.
bool Document::stream(QPDFObjectHandle object, Found found, bool wanted) {
  QPDFObjectHandle filters = object.getDict().getKey("/Filter");
  const auto add = [&](QPDFObjectHandle name) {
    if (name.isName() && found.filters.size() < 100)
      found.filters.push_back(name.getName().substr(1, 100));
  };
  add(filters);
  if (filters.isArray())
    for (int i = 0; i < std::min(filters.getArrayNItems(), 100); ++i) add(filters.getArrayItem(i));

  Budget& left = budget();
  // Every filter of a chain counts; pictures and text grow little, bombs much.
  left.of_stream = options_.maximum_size + (options_.maximum_size >> 1) + (1 << 20);
  left.exceeded = left.damaged = false;
  Outlet outlet(sink_, found, wanted, options_.maximum_size);
  bool attempted = false, worked = false;
  try {
    worked = object.pipeStreamData(&outlet, &attempted, 0, qpdf_dl_all, true, false);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Stop&) {  // most often qpdf keeps it to itself
  } catch (const std::exception& e) {
    if (wanted) report_.errors.push_back("object " + found.object + ": damaged: " + e.what());
  }
  if (!outlet.begun()) return false;
  found.undecoded = !attempted && !found.filters.empty();
  if (outlet.refused())
    found.status = "stopped";
  else if (outlet.too_large() || left.exceeded)
    found.status = "too large (> " + std::to_string(options_.maximum_size) + ")";
  else if (sink_.cancelled())
    found.status = "stopped";
  else if (left.damaged || !worked)
    found.status = "damaged: its end is missing or cannot be read";
  else
    found.status = "extracted";
  stopped_ = !sink_.end(found) || outlet.refused();
  list(std::move(found));
  return true;
}

void Document::text(std::string_view content, Found found) {
  if (content.empty() || stopped_) return;
  found.size = content.size();
  const bool taken =
      sink_.begin(found) &&
      sink_.data({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  found.status = taken ? "extracted" : "stopped";
  stopped_ = !sink_.end(found) || !taken;
  list(std::move(found));
}

/// The packets of a form are pieces of one XML.
void Document::forms(const References& references, unsigned revision) {
  std::string whole;
  for (const QPDFObjectHandle& packet : references.xfa) {
    if (stopped_ || sink_.cancelled()) return;
    try {
      room_for_structure();
      const auto piece = QPDFObjectHandle(packet).getStreamData(qpdf_dl_all);
      whole.append(reinterpret_cast<const char*>(piece->getBuffer()), piece->getSize());
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      report_.errors.push_back("object " + id(packet.getObjGen()) +
                               ": damaged: a part of the form cannot be read");
    }
  }
  if (whole.empty()) return;
  Found found;
  found.kind = name_of(Kind::xfa);
  found.object = id(references.xfa.front().getObjGen());
  found.revision = revision;
  text(whole, std::move(found));
}

void Document::facts(QPDF& pdf) {
  report_.opened = true;
  report_.version = pdf.getPDFVersion();
  report_.encrypted |= pdf.isEncrypted();
  if (pdf.isEncrypted() && !password_.empty()) report_.password = password_;
  try {
    QPDFObjectHandle pages = pdf.getRoot().getKey("/Pages");
    QPDFObjectHandle count =
        pages.isDictionary() ? pages.getKey("/Count") : QPDFObjectHandle::newNull();
    if (count.isInteger() && count.getIntValue() >= 0)
      report_.pages = static_cast<std::uint64_t>(count.getIntValue());
    QPDFObjectHandle info = pdf.getTrailer().getKey("/Info");
    if (!info.isDictionary()) return;
    for (const char* key :
         {"/Title", "/Author", "/Subject", "/Creator", "/Producer", "/CreationDate", "/ModDate"})
      if (QPDFObjectHandle value = info.getKey(key); value.isString())
        report_.info[key + 1] = value.getUTF8Value().substr(0, kMaxInfo);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    report_.warnings.push_back("its catalogue cannot be read");
  }
}

void Document::take_apart(QPDF& pdf, unsigned revision) {
  room_for_structure();
  References references;
  std::vector<QPDFObjectHandle> fresh;
  for (QPDFObjectHandle& object : pdf.getAllObjects()) {
    budget().of_stream = kMostStructure;
    if (sink_.cancelled()) break;
    try {
      if (!seen_.emplace(object.getObjGen(), object.getParsedOffset()).second) continue;
      look_at(object, references);
      fresh.push_back(object);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      continue;  // it is in the warnings
    }
  }
  if (budget().exceeded)
    report_.errors.push_back("too large: an object stream holds more than " +
                             std::to_string(kMostStructure) + " bytes, or all more than " +
                             std::to_string(kMostDocument) + "; its objects were left out");
  report_.objects += fresh.size();
  for (const auto& [name, count] : references.actions) report_.actions[name] += count;
  const auto append = [](std::vector<std::string>& to, std::vector<std::string>& from) {
    for (std::string& one : from)
      if (to.size() > 1000 || std::find(to.begin(), to.end(), one) == to.end())
        to.push_back(std::move(one));
  };
  append(report_.uris, references.uris);
  append(report_.launches, references.launches);
  for (const Script& script : references.scripts) {
    Found found;
    found.kind = name_of(Kind::javascript);
    found.object = id(script.object);
    found.revision = revision;
    text(script.text, std::move(found));
  }
  forms(references, revision);
  for (QPDFObjectHandle& object : fresh) {
    if (stopped_ || sink_.cancelled()) return;
    if (!object.isStream()) continue;
    const auto marked = references.kinds.find(object.getObjGen());
    const Kind kind = marked != references.kinds.end() ? marked->second : kind_of(object.getDict());
    ++report_.streams[std::string(name_of(kind))];
    if (kind == Kind::xfa || (kind == Kind::structure && !options_.all_streams)) continue;
    Found found;
    found.kind = name_of(kind);
    found.object = id(object.getObjGen());
    found.revision = revision;
    if (const auto file = references.files.find(object.getObjGen());
        file != references.files.end()) {
      found.filename = file->second.name;
      found.description = file->second.description;
    }
    const bool wanted = options_.all_streams || kind == Kind::embedded_file ||
                        kind == Kind::javascript || kind == Kind::other;
    if (!stream(object, std::move(found), wanted)) ++report_.not_extracted;
  }
  for (const QPDFExc& warning : pdf.getWarnings())
    if (report_.warnings.size() < kMaxMessages)
      report_.warnings.push_back(warning.getObject().empty()
                                     ? warning.getMessageDetail()
                                     : warning.getObject() + ": " + warning.getMessageDetail());
}

// qpdf throws where the numbers that it looks for at the file's beginning are too large.
bool is_linearized(QPDF& pdf) {
  try {
    return pdf.isLinearized();
  } catch (const std::range_error&) {
    return false;
  }
}

void Document::read(std::string_view content) {
  budget() = Budget{kMostStructure, kMostDocument, false, false};
  std::string why, mended;
  std::unique_ptr<QPDF> pdf = open(content, why);
  if (!pdf && !report_.encrypted && !sink_.cancelled()) {
    mended = std::string(content) + substitute_trailer(content);
    std::string again;
    pdf = open(mended, again);
    if (pdf) report_.errors.push_back("damaged: " + why + "; the objects that are there were read");
  }
  if (!pdf) {
    report_.errors.push_back((report_.encrypted ? "" : "damaged: ") + why);
    return;
  }
  facts(*pdf);
  const bool linearized = mended.empty() && is_linearized(*pdf);
  take_apart(*pdf, 0);
  std::vector<std::size_t> ends = ends_of_revisions(content, kMaxRevisions);
  if (linearized && !ends.empty()) ends.pop_back();  // the end of its first page
  for (const std::size_t end : ends) {
    if (stopped_ || sink_.cancelled()) return;
    if (auto earlier = open(content.substr(0, end), why)) take_apart(*earlier, report_.revisions++);
  }
}

}  // namespace

Report read_pdf(std::string_view content, const Options& options, Sink& sink) {
  Report report;
  report.is_pdf = is_pdf(content);
  if (!report.is_pdf) return report;
  register_filters();
  Document(options, sink, report).read(content);
  if (report.errors.size() > kMaxMessages) {
    const std::size_t more = report.errors.size() - kMaxMessages;
    report.errors.resize(kMaxMessages);
    report.errors.push_back(std::to_string(more) + " more errors are not listed");
  }
  return report;
}

}  // namespace stoq::plugins::pdf
