// SPDX-License-Identifier: Apache-2.0
#include "scan.h"

#include <yara.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>

namespace stoq::plugins::yara {
namespace {

void collect_metas(const YR_RULE& rule, Match& match) {
  const YR_META* meta = nullptr;
  yr_rule_metas_foreach((&rule), meta) {
    Meta entry{meta->identifier, {}};
    if (meta->type == META_TYPE_BOOLEAN) {
      entry.value = meta->integer != 0;
    } else if (meta->type == META_TYPE_INTEGER) {
      entry.value = meta->integer;
    } else {
      entry.value = std::string_view(meta->string);
    }
    match.metas.push_back(entry);
  }
}

struct Pass {
  std::span<const std::uint8_t> content;
  const ScanOptions& options;
  ScanResult& result;
  const std::vector<std::uint32_t>* places = nullptr;
  bool cancelled = false;
  std::exception_ptr failure;

  void add(YR_SCAN_CONTEXT& context, const YR_RULE& rule) {
    Match match;
    match.rule = rule.identifier;
    match.name_space = rule.ns->name;
    match.place = static_cast<std::uint32_t>(&rule - context.rules->rules_table);
    if (!places->empty()) match.place = (*places)[match.place];
    const char* tag = nullptr;
    yr_rule_tags_foreach((&rule), tag) match.tags.emplace_back(tag);
    collect_metas(rule, match);

    const YR_STRING* string = nullptr;
    yr_rule_strings_foreach((&rule), string) {
      // Copied, because libyara keeps them unaligned; so its own loop macro is no use.
      YR_MATCH hit;
      for (const void* next = context.matches[string->idx].head; next != nullptr; next = hit.next) {
        std::memcpy(&hit, next, sizeof hit);
        if (hit.is_private) continue;
        if (match.strings_total++ < options.strings_limit) {
          match.strings.push_back(string_hit(*string, hit));
        }
      }
    }
    result.matches.push_back(std::move(match));
  }

  StringHit string_hit(const YR_STRING& string, const YR_MATCH& hit) const {
    auto offset = std::min(static_cast<std::size_t>(hit.base + hit.offset), content.size());
    auto length = std::min(static_cast<std::size_t>(hit.match_length), content.size() - offset);
    StringHit out{offset, string.identifier, content.subspan(offset, length), {}};
    if (STRING_IS_XOR(&string))
      out.xor_text = {string.string, static_cast<std::size_t>(string.length)};
    return out;
  }

  void note_too_many(YR_SCAN_CONTEXT& context, const YR_STRING& string) {
    const auto& rule = context.rules->rules_table[string.rule_idx];
    result.notes.push_back("yara stopped looking for " + std::string(string.identifier) +
                           " of rule " + rule.identifier + " after " +
                           std::to_string(YR_MAX_STRING_MATCHES) +
                           " hits; make the string longer or rarer");
  }
};

int on_event(YR_SCAN_CONTEXT* context, int message, void* data, void* user) {
  auto& pass = *static_cast<Pass*>(user);
  try {
    if (pass.options.cancelled && pass.options.cancelled()) pass.cancelled = true;
    // Not CALLBACK_ABORT: libyara takes that for success, and goes on after the import of a module.
    if (pass.cancelled) return CALLBACK_ERROR;
    if (message == CALLBACK_MSG_RULE_MATCHING) pass.add(*context, *static_cast<YR_RULE*>(data));
    if (message == CALLBACK_MSG_TOO_MANY_MATCHES)
      pass.note_too_many(*context, *static_cast<YR_STRING*>(data));
    return CALLBACK_CONTINUE;
  } catch (...) {
    pass.failure = std::current_exception();
    return CALLBACK_ERROR;
  }
}

std::string reason(int code, YR_SCAN_CONTEXT* scanner, const ScanOptions& options) {
  std::string what;
  switch (code) {
    case ERROR_SCAN_TIMEOUT:
      return "yara timed out after " + std::to_string(options.timeout_seconds) + " s";
    case ERROR_INSUFFICIENT_MEMORY:
      what = "out of memory";
      break;
    case ERROR_EXEC_STACK_OVERFLOW:
      what = "a condition needs more stack than yara has";
      break;
    case ERROR_TOO_MANY_RE_FIBERS:
      what = "a regular expression needs too many states";
      break;
    default:
      what = "libyara gave code " + std::to_string(code);
  }
  if (const auto* rule = yr_scanner_last_error_rule(scanner))
    what += " (rule " + std::string(rule->identifier) + ')';
  return "yara could not scan: " + what;
}

}  // namespace

const Meta* Match::meta(std::string_view meta_name) const {
  auto found = std::find_if(metas.rbegin(), metas.rend(),
                            [&](const Meta& m) { return m.name == meta_name; });
  return found == metas.rend() ? nullptr : &*found;
}

void Scanner::Destroy::operator()(YR_SCAN_CONTEXT* scanner) const noexcept {
  yr_scanner_destroy(scanner);
}

Scanner::Scanner(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {
  for (const auto& group : rules_->groups_) {
    YR_SCANNER* scanner = nullptr;
    if (yr_scanner_create(group.rules.get(), &scanner) != ERROR_SUCCESS) throw std::bad_alloc();
    scanners_.emplace_back(scanner);
    yr_scanner_set_flags(scanner, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  }
}

bool Scanner::define(const std::string& name, const External& value) {
  bool defined = !scanners_.empty();
  for (auto& scanner : scanners_) {
    struct Visitor {
      YR_SCANNER* scanner;
      const char* name;
      int operator()(bool v) { return yr_scanner_define_boolean_variable(scanner, name, v); }
      int operator()(std::int64_t v) {
        return yr_scanner_define_integer_variable(scanner, name, v);
      }
      int operator()(double v) { return yr_scanner_define_float_variable(scanner, name, v); }
      int operator()(const std::string& v) {
        return yr_scanner_define_string_variable(scanner, name, v.c_str());
      }
    };
    if (std::visit(Visitor{scanner.get(), name.c_str()}, value) != ERROR_SUCCESS) defined = false;
  }
  return defined;
}

ScanResult Scanner::scan(std::span<const std::uint8_t> content, const ScanOptions& options) {
  static constexpr std::uint8_t kEmpty = 0;
  const auto* bytes = content.empty() ? &kEmpty : content.data();
  ScanResult result;
  Pass pass{content, options, result, nullptr, options.cancelled && options.cancelled(), nullptr};
  for (std::size_t i = 0; i < scanners_.size() && result.error.empty() && !pass.cancelled; ++i) {
    const auto& group = rules_->groups_[i];
    if (!RuleSet::opens(group.gate, bytes, content.size())) continue;
    pass.places = &group.places;
    auto* scanner = scanners_[i].get();
    yr_scanner_set_callback(scanner, on_event, &pass);
    yr_scanner_set_timeout(scanner, options.timeout_seconds);
    int code = yr_scanner_scan_mem(scanner, bytes, content.size());
    if (pass.failure) std::rethrow_exception(pass.failure);
    if (code != ERROR_SUCCESS && !pass.cancelled) result.error = reason(code, scanner, options);
  }
  if (pass.cancelled) result.error = "yara was cancelled";
  if (scanners_.size() > 1) std::ranges::sort(result.matches, {}, &Match::place);
  return result;
}

}  // namespace stoq::plugins::yara
