// SPDX-License-Identifier: Apache-2.0
//
// The worker around next_encoded_script(), next_escaped() and each_base64(): what is decoded becomes a payload, and
// is listed.
#include "base64_text.h"
#include "carving/give.h"
#include "carving/kind.h"
#include "encoded_script.h"
#include "escaped_text.h"

namespace stoq::plugins::script_decode {
namespace {

constexpr size_t kMostListed = 1000;

class Findings {
 public:
  explicit Findings(sdk::Call& call, bool wide) : call_(call), wide_(wide) {
    w_.begin_object();
    if (wide) w_.member("wide", true);
    w_.key("found").begin_array();
  }

  bool add(std::string_view kind, size_t at, std::string_view content) {
    if (content.empty()) return !call_.cancelled();
    if (++count_ <= kMostListed)
      w_.begin_object()
          .member("kind", kind)
          .member("offset", at)
          .member("size", content.size())
          .end_object();
    return carving::give(call_, content, carving::meta_with([&](sdk::JsonWriter& meta) {
                           meta.member("offset", at).member("decoded_from", kind);
                           if (wide_) meta.member("wide", true);
                         }));
  }
  void report() {
    if (count_ == 0) return;
    w_.end_array().member("count", count_).end_object();
    call_.result(w_);
  }

 private:
  sdk::Call& call_;
  bool wide_;
  sdk::JsonWriter w_;
  uint64_t count_ = 0;
};

class ScriptDecode {
 public:
  static constexpr sdk::Option options[] = {
      {"least_base64", sdk::Kind::integer, "40",
       "characters of base64 that are worth decoding; behind -enc 16 are enough", 16, 1'000'000},
  };

  explicit ScriptDecode(const sdk::Host& host)
      : least_(static_cast<size_t>(host.integer("least_base64"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::optional<std::string> converted = carving::from_wide(payload.content());
    const std::string_view text = converted ? *converted : payload.text();
    Findings findings(call, converted.has_value());
    if (encoded(text, findings, call) && escaped(text, findings))
      each_base64(text, least_, [&](Decoded&& decoded) {
        return findings.add(decoded.kind, decoded.at, decoded.content);
      });
    findings.report();
  }

 private:
  static bool escaped(std::string_view text, Findings& findings) {
    for (size_t at = 0;;) {
      const auto found = next_escaped(text, at);
      if (!found) return true;
      at = found->end;
      if (!findings.add(found->kind, found->at, found->content)) return false;
    }
  }

  static bool encoded(std::string_view text, Findings& findings, sdk::Call& call) {
    for (size_t at = 0;;) {
      const auto script = next_encoded_script(text, at);
      if (!script) return true;
      at = script->at + script->size;
      if (!script->problem.empty())
        call.error("encoded script at byte " + std::to_string(script->at) + ": " + script->problem);
      if (!findings.add("encoded script", script->at, script->script)) return false;
    }
  }

  size_t least_;
};

}  // namespace

STOQ_PLUGIN(ScriptDecode, "script-decode", "4.0.0")

}  // namespace stoq::plugins::script_decode
