// SPDX-License-Identifier: Apache-2.0
#include "cli/unpacked.h"

#include <algorithm>
#include <string>
#include <vector>

#include "cli/findings.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

constexpr size_t kReasons = 5, kNames = 3;

struct Reason {
  std::string why;
  uint64_t members = 0;
  std::string names;
};

struct Members {
  uint64_t listed = 0, extracted = 0, other_reasons = 0;
  std::vector<Reason> reasons;  // in the order in which they first appear

  explicit Members(JsonView list) {
    for (const JsonView& member : list.elements()) {
      ++listed;
      const std::string status = member["status"].string_or("");
      if (status == "extracted")
        ++extracted;
      else if (!status.empty() && status != "skipped: directory")
        add(status, member["name"].string_or(""));
    }
  }

 private:
  void add(const std::string& why, const std::string& name) {
    auto at = std::find_if(reasons.begin(), reasons.end(),
                           [&](const Reason& reason) { return reason.why == why; });
    if (at == reasons.end()) {
      if (reasons.size() == kReasons) {
        ++other_reasons;
        return;
      }
      at = reasons.insert(at, {why, 0, ""});
    }
    if (at->members++ < kNames) at->names += (at->members > 1 ? ", " : "") + visible_ends(name, 40);
  }
};

}  // namespace

bool add_unpacked(Page& page, std::string_view rail, JsonView result) {
  const std::string format = result["format"].string_or(""),
                    unsupported = result["unsupported"].string_or("");
  const bool has_members = result["members"].kind() == JsonKind::array;
  if (format.empty() && unsupported.empty() && !has_members) return false;

  Spans head;
  const auto say = [&](Ink ink, std::string text) {
    if (!head.empty()) head.push_back({Ink::dim, " · "});
    head.push_back({ink, std::move(text)});
  };
  std::string kind = format;
  for (const std::string& filter : result["filters"].strings())
    if (filter != format) kind += (kind.empty() ? "" : " ") + ("in " + filter);
  if (!kind.empty()) say(Ink::plain, kind);
  const Members members(result["members"]);
  if (has_members) {
    const uint64_t all = std::max<uint64_t>(
        members.listed,
        static_cast<uint64_t>(std::max<int64_t>(result["member_count"].int_or(0), 0)));
    std::string text = counted(all, "member");
    if (all > members.listed) text += ", " + std::to_string(members.listed) + " listed";
    say(Ink::plain, text + ", " + std::to_string(members.extracted) + " extracted");
  }
  if (const auto password = result["password"].as_string())
    say(Ink::strong, "password \"" + *password + "\"");
  if (!unsupported.empty()) say(Ink::warning, "not supported: " + unsupported);
  if (result["stopped"].bool_or(false)) say(Ink::warning, "stopped early");
  page.finding(rail, "unpack", std::move(head), 2);

  for (const Reason& reason : members.reasons) {
    std::string names = reason.names;
    if (reason.members > kNames) names += ", and " + counted(reason.members - kNames, "other");
    page.finding(rail, "",
                 {{Ink::warning, std::to_string(reason.members) + " " + reason.why},
                  {Ink::plain, ": " + names}},
                 2);
  }
  if (members.other_reasons > 0)
    page.finding(rail, "",
                 {{Ink::dim, counted(members.other_reasons, "more member") +
                                 " not extracted for other reasons"}});
  for (const std::string& text : result["errors"].strings())
    page.finding(rail, "", {{Ink::bad, text}}, 2);
  return true;
}

}  // namespace stoq::cli
