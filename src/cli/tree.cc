// SPDX-License-Identifier: Apache-2.0
#include "cli/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/findings.h"
#include "cli/index.h"
#include "cli/page.h"
#include "cli/units.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

constexpr size_t kStep = 3;      // columns of one level
constexpr size_t kDeepest = 60;  // levels that are indented, however wide the terminal
constexpr size_t kNameAtLeast = 20;

// So many levels that a SHA-256 still fits, from kWide columns on an MD5 and a SHA-1 beside each
// other.
size_t indented_levels(size_t width) {
  const size_t findings = width < kWide ? 64 : 84;
  const size_t levels = width < findings + 2 * kStep ? 1 : (width - findings) / kStep - 1;
  return std::clamp<size_t>(levels, 1, std::clamp<size_t>(width / (2 * kStep), 1, kDeepest));
}

class Drawing {
 public:
  Drawing(const StoqResponse& response, const TreeStyle& style)
      : response_(response),
        index_(response),
        page_(style),
        levels_(indented_levels(style.width)),
        goes_on_(levels_ + 1) {}

  std::string draw() {
    push(index_.request().children, 0);
    while (!open_.empty()) {
      const Item item = open_.back();
      open_.pop_back();
      push(index_.notes(item.place).children, item.depth + 1);
      draw(item);
    }
    footer();
    return page_.take();
  }

 private:
  struct Item {
    uint32_t place, depth;
    bool last;
  };

  void push(const std::vector<uint32_t>& children, uint32_t depth) {
    for (size_t i = children.size(); i > 0; --i)
      open_.push_back({children[i - 1], depth, i == children.size()});
  }

  void draw(const Item& item) {
    const PayloadResults& results = index_.results(item.place);
    // What lies deeper than is indented stands in the last column, one below the other.
    const size_t column = std::min<size_t>(item.depth, levels_);
    goes_on_[column] =
        item.depth < levels_ ? !item.last : !open_.empty() && open_.back().depth >= levels_;
    std::string rail;
    for (size_t i = 1; i < column; ++i) rail += goes_on_[i] ? "│  " : "   ";
    const std::string fork = column == 0 ? "" : goes_on_[column] ? "├─ " : "└─ ";
    payload(rail + fork, results,
            item.depth > levels_ ? fmt::format("(depth {}) ", item.depth) : "");

    if (column > 0) rail += goes_on_[column] ? "│  " : "   ";
    const bool bears = item.depth < levels_ && !index_.notes(item.place).children.empty();
    rules_ += add_findings(page_, rail + (bears ? "│  " : "   "), index_, item.place);
    bytes_ += results.size;
    for (const Duplicate& duplicate : results.duplicates) duplicates_ += duplicate.count;
  }

  void payload(const std::string& rail, const PayloadResults& results, const std::string& depth) {
    Spans facts{{Ink::plain, "  " + human_bytes(results.size)}};
    if (const std::string mimetype = mimetype_of(results); !mimetype.empty())
      facts.push_back({Ink::good, "  " + mimetype});
    if (!results.extracted_from.empty() && !index_.has(results.extracted_from))
      facts.push_back(
          {Ink::warning, "  from " + short_id(results.extracted_from) + ", which is not listed"});
    if (!results.payload_meta.should_scan) facts.push_back({Ink::warning, "  not scanned"});
    if (!results.extracted_by.empty()) facts.push_back({Ink::dim, "  by " + results.extracted_by});
    std::string name = index_.name(results);
    if (page_.width() >= kWide && name != short_id(results.payload_id))
      facts.push_back({Ink::dim, "  #" + short_id(results.payload_id)});

    size_t taken = columns_of(rail) + depth.size();
    for (const Span& fact : facts) taken += columns_of(visible(fact.text, page_.width()));
    const size_t room = std::max(kNameAtLeast, page_.width() - std::min(page_.width(), taken));
    // A name with gaps could pass for a name with facts behind it.
    if (name.find("  ") != name.npos || name.starts_with(' ') || name.ends_with(' '))
      name = '"' + name + '"';
    Spans spans{{Ink::dim, depth}, {Ink::strong, visible_ends(name, room)}};
    spans.insert(spans.end(), facts.begin(), facts.end());
    page_.line(rail, spans);
  }

  void footer() {
    page_.line("", {});
    add_notes(page_, "", index_.request());
    add_results(page_, "", response_.decorators);
    size_t errors = 0;
    for (const auto& [plugin, texts] : response_.errors) errors += texts.size();
    uint64_t limits = 0;
    for (const LimitRecord& limit : response_.limits) limits += limit.count;
    Spans spans{{Ink::strong, counted(response_.results.size(), "payload")},
                {Ink::plain, " · " + human_bytes(bytes_)}};
    const auto total = [&](Ink ink, uint64_t n, std::string_view thing) {
      if (n > 0) spans.push_back({ink, " · " + counted(n, thing)});
    };
    total(Ink::bad, rules_, "YARA rule");
    total(Ink::plain, duplicates_, "duplicate");
    total(Ink::bad, errors, "error");
    total(Ink::warning, limits, "limit");
    size_t columns = 0;
    for (const Span& span : spans) columns += columns_of(span.text);
    const std::string id = "scan " + response_.scan_id;
    const bool below = columns + 3 + columns_of(visible(id, page_.width())) > page_.width();
    if (below) page_.line("", std::exchange(spans, {}), 2);
    spans.push_back({Ink::dim, (below ? "" : " · ") + id});
    page_.line("", spans, 2);
  }

  const StoqResponse& response_;
  const ResponseIndex index_;
  Page page_;
  const size_t levels_;
  std::vector<bool> goes_on_;  // by column: whether something else stands in it further down
  std::vector<Item> open_;     // the next one last
  uint64_t bytes_ = 0, rules_ = 0, duplicates_ = 0;
};

}  // namespace

std::string tree_text(const StoqResponse& response, const TreeStyle& style) {
  return Drawing(response, style).draw();
}

}  // namespace stoq::cli
