// SPDX-License-Identifier: Apache-2.0
#include "cli/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/documents.h"
#include "cli/insight.h"
#include "cli/units.h"
#include "cli/unpacked.h"
#include "cli/visible.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

constexpr size_t kSha256 = 64;
constexpr size_t kRules = 20, kErrors = 10, kLimits = 10, kDuplicates = 3;

template <class Use>
void each_result(const PayloadResults& results, Use&& use) {
  std::string scratch;
  for (const NamedResults& round : results.workers)
    for (const auto& [name, value] : round) use(name, JsonView(value.view(scratch)));
}

void more(Page& page, std::string_view rail, std::string_view label, uint64_t all, uint64_t shown,
          std::string_view thing) {
  if (all > shown)
    page.finding(rail, label,
                 {{Ink::dim, "and " + counted(all - shown, "more " + std::string(thing))}});
}

void add_hashes(Page& page, std::string_view rail, const PayloadResults& results) {
  std::string sha256 = results.sha256, md5, sha1;
  each_result(results, [&](std::string_view name, JsonView value) {
    if (name != "hash") return;
    if (sha256.empty()) sha256 = value["sha256"].string_or("");
    md5 = value["md5"].string_or("");
    sha1 = value["sha1"].string_or("");
  });
  if (!sha256.empty()) {
    Spans digest{{Ink::plain, sha256}};
    if (columns_of(rail) + kSha256 + 7 > page.width())
      page.line(rail, digest);  // 64 digits need no label
    else
      page.finding(rail, "sha256", std::move(digest));
  }
  if (page.width() < kWide) return;
  if (!md5.empty() && !sha1.empty())
    page.finding(rail, "md5", {{Ink::plain, md5}, {Ink::dim, "  sha1 "}, {Ink::plain, sha1}});
  else if (!md5.empty() || !sha1.empty())
    page.finding(rail, md5.empty() ? "sha1" : "md5", {{Ink::plain, md5 + sha1}});
}

size_t add_rules(Page& page, std::string_view rail, JsonView matches) {
  size_t n = 0;
  for (const JsonView& match : matches.elements()) {
    if (++n > kRules) continue;
    const std::string name_space = match["namespace"].string_or("default");
    Spans spans;
    if (name_space != "default") spans.push_back({Ink::dim, name_space + ":"});
    spans.push_back({Ink::bad, match["rule"].string_or("?")});
    std::string tags;
    for (const std::string& tag : match["tags"].strings()) tags += (tags.empty() ? "" : " ") + tag;
    if (!tags.empty()) spans.push_back({Ink::warning, " [" + tags + "]"});
    const std::string description = match["meta"]["description"].string_or("");
    if (!description.empty()) spans.push_back({Ink::plain, "  " + description});
    page.finding(rail, n == 1 ? "yara" : "", std::move(spans), 2);
  }
  more(page, rail, "", n, kRules, "rule");
  return n;
}

// A value in at most `most` columns.
std::string brief(JsonView value, size_t most) {
  switch (value.kind()) {
    case JsonKind::string:
      return visible(value.string_or(""), most);
    case JsonKind::number:
      return fmt::format("{:.6g}", value.double_or(0));
    case JsonKind::array:
      return counted(value.size(), "item");
    case JsonKind::object:
      return counted(value.size(), "member");
    default:
      return visible(value.text(), most);
  }
}

void add_result(Page& page, std::string_view rail, std::string_view name, JsonView value) {
  constexpr size_t kRows = 2;
  const size_t room = page.width() * kRows;
  if (value.kind() != JsonKind::object) {
    page.finding(rail, name, {{Ink::plain, brief(value, room)}}, kRows);
    return;
  }
  Spans spans;
  size_t taken = 0;
  for (const auto& member : value.members()) {
    if (taken > room) break;  // the page cuts it, and shows that
    const std::string key = member.key == name ? "" : visible(member.key, page.width() / 3) + ": ";
    spans.push_back({Ink::dim, (spans.empty() ? "" : " · ") + key});
    spans.push_back({Ink::plain, brief(member.value, room / 2)});
    taken += columns_of(spans.back().text) + columns_of(key);
  }
  if (!spans.empty()) page.finding(rail, name, std::move(spans), kRows);
}

void add_duplicates(Page& page, std::string_view rail, const ResponseIndex& index,
                    const std::vector<Duplicate>& duplicates) {
  if (duplicates.empty()) return;
  uint64_t all = 0, shown = 0;
  std::string where;
  for (const Duplicate& duplicate : duplicates) {
    all += duplicate.count;
    if (duplicate.extracted_from.empty() || shown == kDuplicates) continue;
    ++shown;
    const std::string name = duplicate.payload_meta.extra_data.get("filename").string_or("");
    where +=
        (shown > 1 ? ", " : "") + ("in " + visible_ends(index.name(duplicate.extracted_from), 40));
    if (!name.empty()) where += " as " + visible_ends(name, 40);
  }
  std::string text = counted(all, "more time") + (where.empty() ? "" : ": " + where);
  if (all > shown && shown > 0) text += ", and " + counted(all - shown, "other");
  page.finding(rail, "also", {{Ink::plain, text}}, 2);
}

// "yara 1.2 ms · hash 0.10 ms", of what ran on one payload in its order.
void add_timings(Page& page, std::string_view rail, const Json& timings) {
  std::string scratch, text;
  const auto add = [&](JsonView by_name, std::string_view what) {
    for (const auto& member : by_name.members())
      text += (text.empty() ? "" : " · ") + std::string(what) + visible(member.key, 60) + " " +
              human_seconds(member.value.double_or(0));
  };
  const JsonView all(timings.view(scratch));
  add(all["dispatchers"], "dispatch by ");
  for (const JsonView round : all["workers"].elements()) add(round, "");
  add(all["archivers"], "archive by ");
  if (!text.empty()) page.finding(rail, "time", {{Ink::dim, text}}, 3);
}

void add_reasons(Page& page, std::string_view rail, const Json& explain) {
  std::string scratch, text;
  for (const JsonView round : JsonView(explain.view(scratch))["workers"].elements())
    for (const auto& member : round.members())
      text += (text.empty() ? "" : " · ") + visible(member.key, 60) + ": " +
              visible(member.value.string_or(""), 200);
  if (!text.empty()) page.finding(rail, "why", {{Ink::dim, text}}, 4);
}

std::string limit_text(const LimitRecord& limit) {
  std::string text = limit.limit;
  if (!limit.plugin.empty()) text += ", " + limit.plugin;
  if (limit.left_out) text += ": " + std::to_string(*limit.left_out) + " left out";
  if (limit.count > 1) text += ", on " + std::to_string(limit.count) + " occasions";
  return text;
}

}  // namespace

std::string counted(uint64_t n, std::string_view thing) {
  return fmt::format("{} {}{}", n, thing, n == 1 ? "" : "s");
}

std::string mimetype_of(const PayloadResults& results) {
  std::string mimetype;
  each_result(results, [&](std::string_view name, JsonView value) {
    if (name == "mimetype") mimetype = value["mimetype"].string_or(mimetype);
  });
  return mimetype;
}

size_t add_findings(Page& page, std::string_view rail, const ResponseIndex& index, uint32_t place) {
  const PayloadResults& results = index.results(place);
  add_hashes(page, rail, results);
  size_t rules = 0;
  const auto matches = [](std::string_view name, JsonView value) {
    return name == "yara" && value["matches"].kind() == JsonKind::array;
  };
  each_result(results, [&](std::string_view name, JsonView value) {
    if (matches(name, value)) rules += add_rules(page, rail, value["matches"]);
  });
  each_result(results, [&](std::string_view name, JsonView value) {
    if (name == "hash" || matches(name, value)) return;
    if (name == "mimetype" && value["mimetype"].kind() == JsonKind::string) return;
    if ((name == "decompress" || name == "sevenzip" || name == "last-resort") &&
        add_unpacked(page, rail, value))
      return;
    if (name == "exif" && add_metadata(page, rail, value)) return;
    if (name == "iocextract" && add_indicators(page, rail, value)) return;
    if (add_document(page, rail, name, value)) return;
    add_result(page, rail, name, value);
  });
  add_results(page, rail, results.archivers);
  add_duplicates(page, rail, index, results.duplicates);
  if (results.timings) add_timings(page, rail, *results.timings);
  if (results.explain) add_reasons(page, rail, *results.explain);
  add_notes(page, rail, index.notes(place));
  return rules;
}

void add_results(Page& page, std::string_view rail, const NamedResults& results) {
  std::string scratch;
  for (const auto& [name, value] : results)
    add_result(page, rail, name, JsonView(value.view(scratch)));
}

void add_notes(Page& page, std::string_view rail, const PayloadNotes& notes) {
  const size_t shown = std::min(notes.errors.size(), kErrors);
  const auto tells = [](std::string_view text, const LimitRecord* limit) {
    return text.find(limit->limit) != text.npos;
  };
  for (size_t i = 0; i < shown; ++i) {
    const auto& [plugin, text] = notes.errors[i];
    const bool is_limit = plugin == "stoq" &&
                          std::any_of(notes.limits.begin(), notes.limits.end(),
                                      [&](const LimitRecord* limit) { return tells(text, limit); });
    std::string said(text);
    if (plugin != "stoq" && text.find(plugin) == text.npos)
      said = std::string(plugin) + ": " + said;
    page.finding(rail, is_limit ? "limit" : "error", {{is_limit ? Ink::warning : Ink::bad, said}},
                 3);
  }
  more(page, rail, "error", notes.errors.size(), shown, "error");

  std::vector<const LimitRecord*> untold;
  for (const LimitRecord* limit : notes.limits)
    if (std::none_of(notes.errors.begin(), notes.errors.begin() + static_cast<ptrdiff_t>(shown),
                     [&](const ErrorText& error) {
                       return error.plugin == "stoq" && tells(error.text, limit);
                     }))
      untold.push_back(limit);
  for (size_t i = 0; i < std::min(untold.size(), kLimits); ++i)
    page.finding(rail, "limit", {{Ink::warning, limit_text(*untold[i])}});
  more(page, rail, "limit", untold.size(), kLimits, "limit");
}

}  // namespace stoq::cli
