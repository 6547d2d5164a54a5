// SPDX-License-Identifier: Apache-2.0 Compares Ini with Python's configparser on generated files:
// the same ones are refused, the others read the same.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "config/ini.h"

namespace stoq::config {
namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr size_t kCases = 6000;

// Reads blobs, each with its length in front, and writes one answer per blob in the same form.
constexpr const char* kScript = R"py(
import configparser, io, struct, sys

def pack(*blobs):
    return b''.join(struct.pack('<I', len(b)) + b for b in blobs)

def section(name, options):
    out = pack(name.encode(), str(len(options)).encode())
    for key, value in sorted(options.items()):
        out += pack(key.encode(), value.replace('%%', '%').encode())
    return out

def answer(blob):
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(blob), encoding='utf-8-sig'))
    except (configparser.Error, UnicodeDecodeError):
        return b'refused'
    out = section('DEFAULT', parser._defaults)
    for name in parser.sections():
        out += section(name, parser._sections[name])
    return out

data = open(sys.argv[1], 'rb').read()
with open(sys.argv[2], 'wb') as out:
    at = 0
    while at < len(data):
        size, = struct.unpack_from('<I', data, at)
        out.write(pack(answer(data[at + 4:at + 4 + size])))
        at += 4 + size
)py";

void pack(std::string& out, std::string_view blob) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(blob.size() >> shift & 0xFF);
  out += blob;
}

std::vector<std::string> unpack(const std::string& data) {
  std::vector<std::string> blobs;
  for (size_t at = 0; at + 4 <= data.size();) {
    size_t size = 0;
    for (int i = 3; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(data[at + i]);
    blobs.push_back(data.substr(at + 4, size));
    at += 4 + size;
  }
  return blobs;
}

std::string answer(const std::string& text) {
  std::vector<Problem> problems;
  const Ini ini = Ini::parse(text, "case", problems);
  if (!problems.empty()) return "refused";
  std::string out;
  const auto section = [&](const std::string& name) {
    const auto& options = ini.own_options(name);
    pack(out, name);
    pack(out, std::to_string(options.size()));
    for (const auto& [key, entry] : options) pack(out, key), pack(out, entry.value);
  };
  section("DEFAULT");
  for (const std::string& name : ini.sections()) section(name);
  return out;
}

// Files that are mostly well formed, made of what parsers trip over.
class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string file() {
    std::string out = chance(10) ? "\xEF\xBB\xBF" : "";
    nasty_ = chance(3);
    const std::string end = pick({"\n", "\n", "\n", "\r\n", "\r"});
    const auto line = [&](const std::string& text) {
      out += text + (chance(40) ? pick({"\n", "\r\n", "\r"}) : end);
    };
    const size_t sections = 1 + random_() % 3;
    if (chance(40)) line(option());
    for (size_t s = 0; s < sections; ++s) {
      filler(line);
      line(header(s));
      for (size_t n = random_() % 6; n > 0; --n) {
        filler(line);
        line(option());
        for (size_t more = chance(3) ? random_() % 4 : 0; more > 0; --more) {
          filler(line);
          line(space() + pick({" ", "\t", "    "}) + words());
        }
      }
    }
    if (chance(4)) out += option();
    if (chance(60))
      out.insert(random_() % (out.size() + 1), pick({"\xff", "\xC3", "\xED\xA0\x80"}));
    return out;
  }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  std::string pick(std::initializer_list<const char*> from) {
    return from.begin()[random_() % from.size()];
  }

  std::string space() {
    if (!nasty_) return chance(8) ? " " : "";
    std::string out;
    while (chance(2)) {
      out += pick({" ", "  ", "\t", "\f", "\v", "\u00A0", "\u3000", "\u2028", "\u0085", "\x1c",
                   "\x1f", "\u200B"});
    }
    return out;
  }

  std::string name() {
    const std::string serial = chance(12) ? "" : std::to_string(serial_++);
    return pick({"x", "X", "Option", "two words", "a.b", "\u00C9t\u00C9", "\u0130", "\u0416",
                 "\u1E9E", "\U00010400", "%", "a]", "[a", "a#", "\u01C5", "\u2126"}) +
           serial;
  }

  std::string words() {
    std::string out;
    for (size_t n = random_() % 4; n > 0; --n) {
      out +=
          pick({"word", "a = b", "c:d", "# no", "; no", "%%", "%", "%%%", "%(x)s", "[s]", "\"q\"",
                "\u00E4", "\u4E2D", "\U0001F600", "\u00A0", "\\", "\x01", "x\tx", "="}) +
          space();
    }
    return out;
  }

  std::string option() {
    if (chance(60)) return space() + name();
    if (chance(80)) return space() + "=" + words();
    return space() + name() + space() + pick({"=", ":", " = ", "==", ":="}) + space() + words() +
           space();
  }

  std::string header(size_t serial) {
    std::string title =
        pick({"core", "Core", "hash", "a b", " pad ", "]", "a]b", "[", "\u00C9", "x=y", "default"});
    if (!chance(15)) title += std::to_string(serial);
    if (chance(6)) title = "DEFAULT";
    if (chance(60)) title.clear();
    return space() + "[" + title + "]" +
           (chance(10) ? pick({" tail", "; tail", "]", " = 1"}) : space());
  }

  template <typename Line>
  void filler(const Line& line) {
    while (chance(5))
      line(space() + pick({"", "", " ", "# comment", "; comment", "  # comment", "#", ";[no]"}));
  }

  std::mt19937 random_;
  unsigned serial_ = 0;
  bool nasty_ = false;
};

void spit(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(IniAgainstPython, ReadsTheSame) {
  if (access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is missing";
  std::vector<std::string> cases = {"",
                                    "\n",
                                    "[",
                                    "[]",
                                    "[]]",
                                    "]",
                                    "[a",
                                    "[a]",
                                    "[a]\n[a]",
                                    "[a]\nx\n",
                                    "[a]\nx=",
                                    "[a]\n=",
                                    "[a]\nx=1\n\n\n",
                                    "[a]\nx=1\n\n\n y\n\n",
                                    "[a]\n x=1\n y=2\n",
                                    "[a]\n  x=1\n y=2\n  z\n",
                                    std::string("[a]\nx=\0", 8),
                                    "\xEF\xBB\xBF",
                                    "\xEF\xBB\xBF\xEF\xBB\xBF[a]",
                                    "[a]\nx=1\n#c\n y\n",
                                    "[a]\nx=%%\n %%\n"};
  for (uint32_t seed = 0; cases.size() < kCases; ++seed) cases.push_back(Generator(seed).file());

  std::string folder = (std::filesystem::temp_directory_path() / "stoq-ini-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string in = folder + "/cases", out = folder + "/answers";
  std::string packed;
  for (const std::string& text : cases) pack(packed, text);
  spit(in, packed);

  const char* arguments[] = {kPython, "-I", "-c", kScript, in.c_str(), out.c_str(), nullptr};
  pid_t pid = 0;
  ASSERT_EQ(posix_spawn(&pid, kPython, nullptr, nullptr, const_cast<char**>(arguments), environ),
            0);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_EQ(status, 0);
  const std::vector<std::string> answers = unpack(slurp(out));
  std::filesystem::remove_all(folder);

  ASSERT_EQ(answers.size(), cases.size());
  size_t refused = 0, wrong = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    refused += answers[i] == "refused";
    if (answer(cases[i]) == answers[i] || ++wrong > 3) continue;
    ADD_FAILURE() << "case " << i << ":\n"
                  << ::testing::PrintToString(cases[i])
                  << "\nPython: " << ::testing::PrintToString(answers[i])
                  << "\nhere:   " << ::testing::PrintToString(answer(cases[i]));
  }
  EXPECT_EQ(wrong, 0u);
  // Both outcomes must be well represented, or the comparison says little.
  EXPECT_GT(refused, cases.size() / 10);
  EXPECT_LT(refused, cases.size() * 6 / 10);
}

}  // namespace
}  // namespace stoq::config
