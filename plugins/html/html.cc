// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_page(): scripts and data: URIs become payloads, the rest is the result.
#include "carving/give.h"
#include "carving/kind.h"
#include "page.h"

namespace stoq::plugins::html {
namespace {

class Html {
 public:
  static constexpr sdk::Option options[] = {
      {"least_handler", sdk::Kind::integer, "64",
       "bytes of a handler (onload=\"...\") or javascript: link that make it a payload", 1,
       1'000'000},
      {"max_references", sdk::Kind::integer, "1000", "references that are listed; all are counted",
       0, 1'000'000},
  };

  explicit Html(const sdk::Host& host)
      : least_handler_(static_cast<size_t>(host.integer("least_handler"))),
        most_references_(static_cast<size_t>(host.integer("max_references"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::optional<std::string> converted = carving::from_wide(payload.content());
    const std::string_view html = converted ? *converted : payload.text();
    const Page page = read_page(html, least_handler_);
    if (page.empty()) return;
    call.result(result_of(page, converted.has_value()));
    for (const Script& script : page.scripts)
      if (!carving::give(call, html.substr(script.at, script.size),
                         meta_of(script, converted.has_value())))
        return;
    for (const DataUri& uri : page.data_uris) {
      const std::string content = decode(html, uri);
      if (!content.empty() && !carving::give(call, content, meta_of(uri, converted.has_value())))
        return;
    }
  }

 private:
  static std::string meta_of(const Script& script, bool wide) {
    return carving::meta_with([&](sdk::JsonWriter& w) {
      w.member("offset", script.at).member("part", script.where);
      if (!script.type.empty()) w.member("type", std::string_view(script.type));
      if (wide) w.member("wide", true);
    });
  }
  static std::string meta_of(const DataUri& uri, bool wide) {
    return carving::meta_with([&](sdk::JsonWriter& w) {
      if (!uri.filename.empty()) w.member("filename", std::string_view(uri.filename));
      w.member("offset", uri.at)
          .member("part", "data uri")
          .member("type", std::string_view(uri.type));
      if (wide) w.member("wide", true);
    });
  }

  std::string result_of(const Page& page, bool wide) const {
    sdk::JsonWriter w;
    w.begin_object();
    if (!page.title.empty()) w.member("title", std::string_view(page.title));
    w.member("scripts", page.scripts.size()).member("data_uris", page.data_uris.size());
    if (!page.downloads.empty()) {
      w.key("downloads").begin_array();
      for (size_t i = 0; i < std::min(page.downloads.size(), most_references_); ++i)
        w.value(std::string_view(page.downloads[i]));
      w.end_array();
    }
    w.member("reference_count", page.references.size()).key("references").begin_array();
    for (size_t i = 0; i < std::min(page.references.size(), most_references_); ++i) {
      const Reference& reference = page.references[i];
      w.begin_object()
          .member("tag", std::string_view(reference.tag))
          .member("attribute", std::string_view(reference.attribute))
          .member("target", std::string_view(reference.target))
          .end_object();
    }
    w.end_array();
    if (wide) w.member("wide", true);
    return w.end_object().take();
  }

  size_t least_handler_, most_references_;
};

}  // namespace

STOQ_PLUGIN(Html, "html", "4.0.0")

}  // namespace stoq::plugins::html
