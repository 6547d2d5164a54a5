// SPDX-License-Identifier: Apache-2.0
#include "dispatch.h"

#include <algorithm>
#include <map>

#include "stoq/sdk/json.h"
#include "xor_key.h"

namespace stoq::plugins::yara {
namespace {

using sdk::JsonWriter;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool same(std::string_view text, std::span<const std::uint8_t> bytes) {
  return std::ranges::equal(bytes_of(text), bytes);
}

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (auto byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// Additions to the meta of a match, as canonical JSON.
using Extra = std::vector<std::pair<std::string_view, std::string>>;

void write_meta(JsonWriter& json, const Match& match, const Extra& extra) {
  // A name stands where it first came, with the value that came last.
  std::vector<const Meta*> order;
  std::map<std::string_view, const Meta*> last;
  for (const auto& meta : match.metas) {
    if (last.insert_or_assign(meta.name, &meta).second) order.push_back(&meta);
  }
  json.key("meta").begin_object();
  for (const auto* first : order) {
    if (std::ranges::find(extra, first->name, [](const auto& e) { return e.first; }) != extra.end())
      continue;
    json.key(first->name);
    const auto& value = last[first->name]->value;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      json.value(sdk::text_from_bytes(bytes_of(*text)));
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      json.value(*number);
    } else {
      json.value(std::get<bool>(value));
    }
  }
  for (const auto& [name, value] : extra) json.key(name).raw(value);
  json.end_object();
}

void write_strings(JsonWriter& json, const Match& match, std::size_t most) {
  const auto listed = std::span(match.strings).first(std::min(match.strings.size(), most));
  JsonWriter hexes;
  bool lossy = false;
  bool cut = false;
  hexes.begin_array();
  json.key("strings").begin_array();
  for (const auto& hit : listed) {
    auto shown = hit.data.first(std::min(hit.data.size(), kShownBytes));
    auto text = sdk::text_from_bytes(shown);
    json.begin_array().value(hit.offset).value(hit.name).value(std::string_view(text)).end_array();
    if (same(text, shown)) {
      hexes.value(nullptr);
    } else {
      hexes.value(std::string_view(hex(shown)));
      lossy = true;
    }
    cut = cut || shown.size() < hit.data.size();
  }
  json.end_array();
  if (lossy) json.key("strings_hex").raw(hexes.end_array().take());
  if (cut) {
    json.key("strings_length").begin_array();
    for (const auto& hit : listed) json.value(hit.data.size());
    json.end_array();
  }
  if (match.strings_total > listed.size()) json.key("strings_total").value(match.strings_total);
}

void write_match(JsonWriter& json, const Match& match, const Extra& extra = {},
                 std::size_t most = SIZE_MAX) {
  json.begin_object().key("tags").begin_array();
  for (auto tag : match.tags) json.value(tag);
  json.end_array();
  json.key("namespace").value(match.name_space).key("rule").value(match.rule);
  write_meta(json, match, extra);
  write_strings(json, match, most);
  json.end_object();
}

Extra xor_meta(const Match& match, bool first_only) {
  JsonWriter info;
  info.begin_array();
  std::size_t found = 0;
  for (const auto& hit : match.strings) {
    if (found == kDispatchedHits) break;
    auto key = xor_key_of(match, hit);
    if (key.empty()) continue;
    if (first_only) {
      JsonWriter text;
      text.value(std::string_view(decimals(from_start(key, hit.offset))));
      return {{"xorkey", text.take()}};
    }
    info.begin_array()
        .value(hit.offset)
        .value(hit.name)
        .value(std::string_view(decimals(key)))
        .end_array();
    ++found;
  }
  if (found == 0) return {};
  return {{"xor_info", info.end_array().take()}};
}

std::string tidy(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n\f\v";
  auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  std::string out(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    auto name = tidy(list.substr(0, comma));
    if (!name.empty() && std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

std::string problem(const Match& match, std::string_view meta, std::string_view advice) {
  return "yara rule " + std::string(match.rule) + ": meta " + std::string(meta) + " must be " +
         std::string(advice);
}

void read_save(const Match& match, Dispatch& out) {
  const auto* save = match.meta("save");
  if (save == nullptr) return;
  if (std::holds_alternative<std::int64_t>(save->value)) {
    out.problems.push_back(problem(match, "save", "\"true\" or \"false\"; it is ignored"));
    return;
  }
  const auto* text = std::get_if<std::string_view>(&save->value);
  if (text != nullptr ? tidy(*text) == "false" : !std::get<bool>(save->value)) out.save = false;
}

}  // namespace

std::string match_json(const Match& match) {
  JsonWriter json;
  write_match(json, match);
  return json.take();
}

std::string matches_json(std::span<const Match> matches) {
  JsonWriter json;
  json.begin_object().key("matches").begin_array();
  for (const auto& match : matches) write_match(json, match);
  json.end_array().end_object();
  return json.take();
}

Dispatch dispatch(std::span<const Match> matches, bool xor_first_match) {
  Dispatch out;
  for (const auto& match : matches) {
    read_save(match, out);
    const auto* plugin = match.meta("plugin");
    if (plugin == nullptr) continue;
    const auto* list = std::get_if<std::string_view>(&plugin->value);
    if (list == nullptr) {
      out.problems.push_back(problem(match, "plugin", "text that names plugins; it is ignored"));
      continue;
    }
    auto names = names_in(*list);
    if (names.empty()) continue;
    Extra extra;
    if (std::ranges::find(names, "xordecode") != names.end())
      extra = xor_meta(match, xor_first_match);
    JsonWriter json;
    write_match(json, match, extra, kDispatchedHits);
    for (auto& name : names) {
      auto known = std::ranges::find(
          out.plugins, name, [](const auto& p) -> const auto& { return p.first; });
      if (known == out.plugins.end()) {
        out.plugins.emplace_back(std::move(name), json.str());
      } else {
        known->second = json.str();
      }
    }
  }
  return out;
}

}  // namespace stoq::plugins::yara
