// SPDX-License-Identifier: Apache-2.0
//
// What the test plugins do, once for all adapters: templates over what they are told (Facts) and
// where their answers go (Sink, with the methods of sdk::Call).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "stoq/sdk/json.h"

namespace stoq::test::echo {

struct Facts {
  std::string payload_id, extracted_from, extracted_by, payload_meta, request_meta, dispatch_meta,
      deep_dispatch_meta, results, plugins_run, ancestors;
  std::string sha256;  // hex
  unsigned level = 0;
  std::string_view content;
};

// FNV-1a: what the plugin read, not what it was told.
inline std::string sum(std::string_view bytes) {
  uint64_t h = 14695981039346656037u;
  for (const char c : bytes) h = (h ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return std::to_string(h);
}

inline std::string hex(const uint8_t* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    out.push_back(kDigits[bytes[i] >> 4]);
    out.push_back(kDigits[bytes[i] & 15]);
  }
  return out;
}

inline std::string describe(const Facts& f) {
  sdk::JsonWriter w;
  const auto text = [&w](std::string_view key, std::string_view value) {
    w.key(key), w.value(value);
  };
  const auto json = [&w](std::string_view key, std::string_view value) {
    w.key(key), w.raw(value.empty() ? "null" : value);
  };
  w.begin_object();
  text("payload_id", f.payload_id), text("extracted_from", f.extracted_from),
      text("extracted_by", f.extracted_by);
  json("payload_meta", f.payload_meta), json("request_meta", f.request_meta),
      json("dispatch_meta", f.dispatch_meta);
  json("deep_dispatch_meta", f.deep_dispatch_meta), json("results", f.results),
      json("plugins_run", f.plugins_run), json("ancestors", f.ancestors);
  w.key("level"), w.value(uint64_t{f.level});
  w.key("size"), w.value(uint64_t{f.content.size()});
  text("sha256", f.sha256), text("sum", sum(f.content));
  w.end_object();
  return w.take();
}

// "children 12" with command "children" is 12; 0 for anything else.
inline size_t number_after(std::string_view content, std::string_view command) {
  if (!content.starts_with(command) || content.size() > 64 ||
      content.size() <= command.size() + 1 || content[command.size()] != ' ')
    return 0;
  return std::strtoull(std::string(content.substr(command.size() + 1)).c_str(), nullptr, 10);
}

// The content says what to do; whatever it says, the result is what the plugin was told.
template <class Sink>
void scan(const Facts& f, Sink& out) {
  if (f.content == "root") {
    out.error("the first error");
    out.error("the second, with bytes \xff that are no UTF-8, and a NUL " + std::string(1, '\0') +
              ".");
    out.set_payload_meta(R"({"extra_data": {"changed": "payload"}})");
    out.set_request_meta(
        R"({"source": "changed by a worker", "extra_data": {"list": [1, 2.5, null]}})");
    out.extract(std::string_view("child one"),
                R"({"extra_data": {"n": 1}, "dispatch_to": ["echo_second"]})");
    if (out.begin(R"({"extra_data": {"n": "not this"}})") &&
        out.write(std::string_view("child ")) && out.write(std::string_view("two")) &&
        out.meta(
            R"({"extra_data": {"n": 2}, "dispatch_to": ["echo_worker", "nobody"], "should_archive": false})"))
      out.end();
    if (out.begin() && out.write(std::string_view("never seen"))) out.end(false);
    if (out.begin(R"({"should_scan": false})")) out.end();  // an empty one
    out.dispatch("echo_second");
  }
  if (const size_t mib = number_after(f.content, "result")) {
    out.result("{\"text\": \"" + std::string(mib << 20, 'r') + "\"}");
    return;
  }
  if (const size_t kib = number_after(f.content, "meta"))
    out.set_request_meta("{\"extra_data\": {\"long\": \"" + std::string(kib << 10, 'm') + "\"}}");
  if (const size_t count = number_after(f.content, "children"))
    for (size_t i = 0; i < count; ++i)
      if (!out.extract("member " + std::to_string(i),
                       "{\"extra_data\": {\"i\": " + std::to_string(i) + "}}"))
        break;
  if (const size_t mib = number_after(f.content, "child"); mib && out.begin()) {
    std::string chunk(1 << 20, 'c');
    for (size_t i = 0; i < mib; ++i) {
      chunk[0] = static_cast<char>(i);
      if (!out.write(chunk)) return;
    }
    out.end();
  }
  out.result(describe(f));
}

template <class Sink>
void second(const Facts& f, Sink& out) {
  out.result(describe(f));
}

template <class Sink>
void get_dispatches(const Facts& f, Sink& out) {
  if (f.level > 0) return;
  out.error("a dispatcher's error");
  out.dispatch("echo_worker", describe(f));
  out.dispatch("echo_worker");  // named twice, run once
}

template <class Sink>
void get_deep_dispatches(const Facts& f, Sink& out) {
  out.error("a deep dispatcher's error");
  out.dispatch("echo_second", describe(f));
  out.dispatch("echo_worker");
}

template <class Sink>
void archive(const Facts& f, Sink& out) {
  out.error("an archiver's error");
  out.result(describe(f));
}

// The task is what archive gave; what comes back says that it was read.
template <class Sink>
void get(std::string_view task, Sink& out) {
  const sdk::JsonView view(task);
  if (view["size"].text() == "0") throw std::runtime_error("nothing was kept");
  out.extract("fetched " + std::string(view["sha256"].text()),
              R"({"extra_data": {"fetched": true}})");
}

template <class Sink>
void decorate(std::string_view response, Sink& out) {
  out.error("a decorator's error");
  out.result("{\"bytes\": " + std::to_string(response.size()) + ", \"sum\": \"" + sum(response) +
             "\"}");
}

}  // namespace stoq::test::echo
