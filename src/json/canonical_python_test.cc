// SPDX-License-Identifier: Apache-2.0
// canonicalise() and indent() against Python's own json, on seeded random documents.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq::json {
namespace {

using namespace std::string_literals;

class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}

  std::string document() {
    std::string text;
    value(text, 4);
    space(text);
    return text;
  }

  // A few bytes changed, dropped or added.
  std::string damaged(std::string text) {
    static constexpr std::string_view kBytes =
        "{}[]\",:\\u0019-+.eE nNItf\x7F\xC3\xA9\xED\x80\xFF\n\x01";
    for (int n = below(3) + 1; n > 0 && !text.empty(); --n) {
      const auto at = static_cast<size_t>(below(static_cast<int>(text.size())));
      const char c = kBytes[static_cast<size_t>(below(static_cast<int>(kBytes.size())))];
      switch (below(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          text.insert(at, 1, c);
      }
    }
    return text;
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  void space(std::string& out) {
    while (below(4) == 0) out += " \n\r\t"[below(4)];
  }

  void value(std::string& out, int depth) {
    space(out);
    switch (below(depth > 0 ? 9 : 6)) {
      case 0:
        out +=
            std::vector{"true", "false", "null", "NaN", "Infinity", "-Infinity"}[size_t(below(6))];
        break;
      case 1:
      case 2:
        string(out, "");
        break;
      case 3:
        integer(out, below(below(20) == 0 ? 400 : 20));
        break;
      case 4:
        real(out);
        break;
      case 5:
        bits(out);
        break;
      case 6:
      case 7:
        sequence(out, '[', ']', depth);
        break;
      default:
        sequence(out, '{', '}', depth);
    }
  }

  void sequence(std::string& out, char opening, char closing, int depth) {
    out += opening;
    const int count = below(below(30) == 0 ? 40 : 5);
    for (int i = 0; i < count; ++i) {
      if (i > 0) out += ',';
      space(out);
      if (opening == '{') {
        string(out, std::to_string(i) + "=");
        space(out);
        out += ':';
      }
      value(out, depth - 1);
      space(out);
    }
    space(out);
    out += closing;
  }

  void string(std::string& out, const std::string& prefix) {
    out += '"' + prefix;
    for (int n = below(below(10) == 0 ? 200 : 12); n > 0; --n) {
      char escape[16];
      switch (below(12)) {
        case 0:
          out += "\\\"\\\\\\/\\b\\f\\n\\r\\t"s.substr(size_t(below(8)) * 2, 2);
          break;
        case 1:
          std::snprintf(escape, sizeof escape, below(2) ? "\\u%04x" : "\\u%04X",
                        unsigned(below(0x10000)));
          out += escape;
          break;
        case 2:
          std::snprintf(escape, sizeof escape, "\\u%04x", unsigned(0xD7F0 + below(0x820)));
          out += escape;
          break;
        case 3:
          std::snprintf(escape, sizeof escape, "\\uD%03X\\ud%03x", unsigned(0x800 + below(0x400)),
                        unsigned(0xC00 + below(0x400)));
          out += escape;
          break;
        case 4:
          std::snprintf(escape, sizeof escape, "\\u%04x", unsigned(below(0x90))), out += escape;
          break;
        case 5:
          out += std::vector{
              "é", "€", "😀", "\u2028", "\x7F", "\uFFFD", "\u07FF", "\U0010FFFF"}[size_t(below(8))];
          break;
        default: {
          const char c = char(' ' + below(95));
          if (c != '"' && c != '\\') out += c;
        }
      }
    }
    out += '"';
  }

  void integer(std::string& out, int more) {
    if (below(3) == 0) out += '-';
    if (below(6) == 0) return void(out += '0');
    out += char('1' + below(9));
    digits(out, more);
  }
  void digits(std::string& out, int count) {
    while (count-- > 0) out += char('0' + below(10));
  }
  void real(std::string& out) {
    integer(out, below(below(10) == 0 ? 300 : 18));
    const int form = below(3);
    if (form != 0) out += '.', digits(out, 1 + below(below(10) == 0 ? 800 : 20));
    if (form != 1)
      out += below(2) ? 'e' : 'E', out += std::vector{"", "+", "-"}[size_t(below(3))],
          digits(out, 1 + below(3));
  }
  // A double with random bits, in a form that gives it back.
  void bits(std::string& out) {
    const uint64_t word = std::uniform_int_distribution<uint64_t>()(random_);
    double number;
    std::memcpy(&number, &word, sizeof number);
    if (below(2)) number = std::ldexp(1 + double(word >> 12) / 4503599627370496.0, below(140) - 70);
    char text[64];
    std::snprintf(text, sizeof text, "%.17e", number);
    out += std::isfinite(number) ? text : "0.5";
  }

  std::mt19937 random_;
};

constexpr char kPython[] = "/usr/bin/python3";
constexpr char kSplit = '\x1E';  // stands raw in no JSON text
constexpr char kScript[] = R"py(
import json, math, sys

class Twice(Exception):
    pass

def pairs(items):
    made = {}
    for key, value in items:
        key = text(key)
        if key in made:
            raise Twice
        made[key] = value
    return made

def text(value):
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)

def mended(value):
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [mended(v) for v in value]
    if isinstance(value, dict):
        return {k: mended(v) for k, v in value.items()}
    return value

def line(raw, indent):
    try:
        value = mended(json.loads(raw.decode("utf-8"), object_pairs_hook=pairs))
    except Twice:
        return b"!twice"
    except ValueError:
        return b"!"
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8")

with open(sys.argv[1], "rb") as file:
    raws = file.read().split(b"\x1e")
with open(sys.argv[2], "wb") as file:
    file.write(b"\x1e".join(line(raw, indent) for raw in raws for indent in (None, 4)))
)py";

// What Python makes of each document: on one line and indented, "!" where it refuses, "!twice"
// for a duplicate key.
std::vector<std::string> python(const std::vector<std::string>& documents) {
  std::string folder = testing::TempDir() + "/stoq-json-XXXXXX";
  if (!mkdtemp(folder.data())) return {};
  const std::string script = folder + "/script.py", input = folder + "/in",
                    output = folder + "/out";
  std::ofstream(script) << kScript;
  {
    std::ofstream file(input, std::ios::binary);
    for (size_t i = 0; i < documents.size(); ++i)
      file << (i ? std::string(1, kSplit) : "") << documents[i];
  }
  const std::vector<const char*> arguments = {kPython,       "-I",           script.c_str(),
                                              input.c_str(), output.c_str(), nullptr};
  pid_t child = 0;
  int status = -1;
  if (posix_spawn(&child, kPython, nullptr, nullptr, const_cast<char* const*>(arguments.data()),
                  environ) == 0)
    waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  std::vector<std::string> lines;
  std::ifstream file(output, std::ios::binary);
  for (std::string line; std::getline(file, line, kSplit);) lines.push_back(line);
  for (const auto& path : {script, input, output}) unlink(path.c_str());
  rmdir(folder.c_str());
  return lines;
}

TEST(CanonicalPython, Agrees) {
  if (access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is not there to compare with";
  Documents make(20240607);
  std::vector<std::string> documents;
  for (int i = 0; i < 3000; ++i) documents.push_back(make.document());
  for (size_t i = 0; i < 3000; ++i) documents.push_back(make.damaged(documents[i]));
  const std::vector<std::string> wanted = python(documents);
  ASSERT_EQ(wanted.size(), documents.size() * 2);

  size_t good = 0, refused = 0, twice = 0;
  for (size_t i = 0; i < documents.size(); ++i) {
    std::string out;
    const Outcome outcome = canonicalise(documents[i], out);
    const std::string &line = wanted[2 * i], &laid_out = wanted[2 * i + 1];
    if (line == "!twice") {
      // Python stops at the duplicate, we may meet an error behind it first.
      EXPECT_NE(outcome.fault, Fault::none) << documents[i];
      ++twice;
    } else if (line == "!") {
      EXPECT_TRUE(outcome.fault == Fault::syntax || outcome.fault == Fault::utf8) << documents[i];
      ++refused;
    } else {
      ASSERT_EQ(out, line) << documents[i] << "\n" << outcome.message;
      EXPECT_EQ(sdk::indent(out), laid_out);
      std::string again;
      EXPECT_TRUE(canonicalise(out, again));
      EXPECT_EQ(again, out);
      ++good;
    }
  }
  EXPECT_GT(good, 3000u);
  EXPECT_GT(refused, 500u);
  RecordProperty("duplicates", static_cast<int>(twice));
}

}  // namespace
}  // namespace stoq::json
