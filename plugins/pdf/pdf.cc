// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_pdf(): options, what is found as payloads, the rest as result.
#include <algorithm>

#include "document.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::pdf {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

void write_texts(sdk::JsonWriter& w, std::string_view key, const std::vector<std::string>& all,
                 std::size_t most) {
  w.key(key).begin_array();
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) w.value(std::string_view(all[i]));
  w.end_array();
}

class Extraction final : public Sink {
 public:
  Extraction(sdk::Call& call, std::vector<std::string> passwords)
      : call_(call), passwords_(std::move(passwords)) {}

  bool begin(const Found& found) override { return go_on_ = call_.begin(meta_of(found)); }
  bool data(std::span<const std::uint8_t> bytes) override { return go_on_ = call_.write(bytes); }
  bool end(const Found& found) override {
    if (!go_on_) return false;
    if (found.status != "extracted") go_on_ = call_.meta(meta_of(found));
    return go_on_ = go_on_ && call_.end();
  }
  bool cancelled() override { return !go_on_ || call_.cancelled(); }

 private:
  std::string meta_of(const Found& found) const {
    sdk::JsonWriter w;
    w.begin_object().key("extra_data").begin_object();
    const std::string made = std::string(found.kind) + "-" +
                             found.object.substr(0, found.object.find(' ')) +
                             (found.kind == "javascript" ? ".js"
                              : found.kind == "xfa"      ? ".xml"
                                                         : "");
    const std::string_view name = base_name(found.filename);
    w.member("filename", name.empty() ? std::string_view(made) : name);
    if (name != found.filename) w.member("path", std::string_view(found.filename));
    w.member("kind", found.kind).member("object", std::string_view(found.object));
    if (!found.description.empty()) w.member("description", std::string_view(found.description));
    if (!found.filters.empty()) write_texts(w, "filters", found.filters, found.filters.size());
    if (found.revision > 0) w.member("revision", found.revision);
    if (found.undecoded) w.member("undecoded", true);
    if (!found.status.empty() && found.status != "extracted") w.member("incomplete", true);
    if (!passwords_.empty()) write_texts(w, "passwords", passwords_, passwords_.size());
    return w.end_object().end_object().take();
  }

  sdk::Call& call_;
  std::vector<std::string> passwords_;
  bool go_on_ = true;
};

class Pdf {
 public:
  static constexpr sdk::Option options[] = {
      {"passwords", sdk::Kind::list, "infected,password",
       "tried in this order on an encrypted document, after none"},
      {"all_streams", sdk::Kind::boolean, "no",
       "make payloads of pages, fonts, pictures and everything else too"},
      {"maximum_size", sdk::Kind::size, "256MiB", "bytes of one stream; a longer one is cut", 1,
       1e12},
      {"max_listed", sdk::Kind::integer, "1000",
       "payloads and addresses that the result lists; all are extracted and counted", 0, 100'000},
  };

  explicit Pdf(const sdk::Host& host)
      : options_{host.list("passwords"), host.boolean("all_streams"),
                 static_cast<std::uint64_t>(host.integer("maximum_size")),
                 static_cast<std::size_t>(host.integer("max_listed"))} {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::vector<std::string> given = payload.extra_data()["passwords"].strings();
    Options used = options_;
    used.passwords = given;
    for (std::string& password : payload.request_meta()["extra_data"]["passwords"].strings())
      used.passwords.push_back(std::move(password));
    used.passwords.insert(used.passwords.end(), options_.passwords.begin(),
                          options_.passwords.end());
    Extraction extraction(call, given);
    const Report report = read_pdf(payload.text(), used, extraction);
    if (!report.is_pdf) return;
    for (const std::string& error : report.errors) call.error(error);
    call.result(result_of(report));
  }

 private:
  std::string result_of(const Report& report) const {
    sdk::JsonWriter w;
    w.begin_object();
    if (report.opened) w.member("version", std::string_view(report.version));
    w.member("encrypted", report.encrypted);
    if (report.password) w.member("password", std::string_view(*report.password));
    w.key("pages");
    report.pages ? w.value(*report.pages) : w.value(nullptr);
    w.member("objects", report.objects).member("revisions", report.revisions);
    const auto counts = [&](const char* key, const std::map<std::string, std::uint64_t>& all) {
      w.key(key).begin_object();
      for (const auto& [name, count] : all) w.member(name, count);
      w.end_object();
    };
    w.key("info").begin_object();
    for (const auto& [name, text] : report.info) w.member(name, std::string_view(text));
    w.end_object();
    counts("streams", report.streams);
    counts("actions", report.actions);
    w.member("uri_count", report.uris.size());
    write_texts(w, "uris", report.uris, options_.max_listed);
    write_texts(w, "launches", report.launches, options_.max_listed);
    w.member("extracted_count", report.found_count).member("not_extracted", report.not_extracted);
    w.key("extracted").begin_array();
    for (const Found& found : report.found) {
      w.begin_object().member("kind", found.kind).member("object", std::string_view(found.object));
      if (!found.filename.empty()) w.member("filename", std::string_view(found.filename));
      if (!found.filters.empty()) write_texts(w, "filters", found.filters, found.filters.size());
      if (found.revision > 0) w.member("revision", found.revision);
      if (found.undecoded) w.member("undecoded", true);
      w.member("size", found.size).member("status", std::string_view(found.status)).end_object();
    }
    w.end_array();
    write_texts(w, "warnings", report.warnings, report.warnings.size());
    return w.end_object().take();
  }

  Options options_;
};

}  // namespace

STOQ_PLUGIN(Pdf, "pdf", "4.0.0")

}  // namespace stoq::plugins::pdf
