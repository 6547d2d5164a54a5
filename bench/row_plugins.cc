// SPDX-License-Identifier: Apache-2.0
//
// Plugins that stream over bytes, beside a copy of the same bytes or the program that does the same.
#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "base64.h"
#include "bench/bench.h"
#include "bench/samples.h"
#include "bench/tree.h"
#include "extract.h"
#include "lines.h"
#include "rolling_xor.h"
#include "shannon.h"
#include "ssdeep.h"
#include "stoq/stoq.h"
#include "whitelist.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kSize = 16 << 20;

template <class F>
double milliseconds(F&& call) {
  const auto begin = Clock::now();
  call();
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::string contents(const fs::path& path) {
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// The tree's text: its pages and sources, one behind the other.
std::string tree_text(const Tree& tree) {
  std::string text;
  for (const TreeFile& file : tree.files) {
    if (text.size() >= kSize) break;
    if (file.kind == Kind::html || file.kind == Kind::py)
      text += contents(tree.directory / file.name);
  }
  if (text.empty()) throw std::runtime_error("the tree has no text");
  while (text.size() < kSize) text += text.substr(0, kSize - text.size());
  text.resize(kSize);
  return text;
}

class Passes {
 public:
  Passes(const Bench& bench, Rows& rows) : bench_(bench), rows_(rows), copy_(2 * kSize) {}

  // `most` milliseconds, or times a copy.
  template <class F>
  void add(const std::string& name, Measure measure, double most, std::string_view content,
           F&& ours) {
    Row row{.workload = "(g) " + name + ", 16 MiB", .unit = "ms"};
    row.measure = measure;
    row.limit = most;
    const auto columns =
        take_turns(bench_.rounds, {[&] { return milliseconds(ours); },
                                   [&] {
                                     return milliseconds([&] {
                                       std::memcpy(copy_.data(), content.data(), content.size());
                                       asm volatile("" : : "r"(copy_.data()) : "memory");
                                     });
                                   }});
    judge(row, columns[0], columns[1]);
    rows_.push_back(std::move(row));
  }

 private:
  const Bench& bench_;
  Rows& rows_;
  std::vector<uint8_t> copy_;
};

void pass_rows(const Bench& bench, const Tree& tree, Rows& rows) {
  Passes passes(bench, rows);
  Random random(16);
  const std::string noise = made_bytes(random, kSize), text = tree_text(tree);
  std::string base64(kSize, 'A');
  for (size_t i = 0; i < kSize; ++i)
    base64[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        [static_cast<uint8_t>(noise[i]) % 64];
  std::vector<uint8_t> out(kSize + 64);
  volatile double kept = 0;

  passes.add("entropy of noise", Measure::ours, kSize / 1e9 * 1e3, noise,
             [&] { kept = plugins::entropy::shannon_entropy(bytes_of(noise)); });
  passes.add("b64decode", Measure::ours, kSize / 0.8e9 * 1e3, base64, [&] {
    plugins::b64decode::Decoder decoder;
    kept = static_cast<double>(decoder.decode(bytes_of(base64), out.data()));
  });
  const std::vector<uint8_t> key = {0x13, 0x37, 0xc0, 0xde, 0x55};
  passes.add("xordecode, key of 5 bytes", Measure::ratio, 3, noise, [&] {
    plugins::xordecode::xor_into(bytes_of(noise), key, out.data());
    kept = out[kSize - 1];
  });

  namespace ioc = plugins::iocextract;
  const fs::path folder = bench.build / "plugins/iocextract";
  const auto list = [&](const char* name) {
    return ioc::read_list(name, (folder / name).string());
  };
  const ioc::Tlds tlds(list("tlds-alpha-by-domain.txt"), "tlds");
  ioc::Whitelist whitelist;
  whitelist.add(list("whitelist.txt"), "whitelist");
  const ioc::Names names{tlds, {"py"}};
  passes.add("iocextract of the tree's text", Measure::ours, kSize / 80e6 * 1e3, text, [&] {
    ioc::Indicators found(whitelist, 10'000);
    ioc::extract(text, names, found);
    kept = static_cast<double>(found.of(ioc::Kind::domain).size());
  });
}

// Both read the file; the program has to start, too.
void ssdeep_row(const Bench& bench, Rows& rows) {
  Row row{.workload = "(g) hash_ssdeep, 64 MiB, beside the program", .unit = "ms"};
  row.limit = 1;
  const char* program = "/usr/bin/ssdeep";
  if (!fs::exists(program)) {
    row.skipped = "no program ssdeep here";
    rows.push_back(std::move(row));
    return;
  }
  Random random(64);
  const fs::path file = bench.work / "noise";
  std::ofstream(file, std::ios::binary) << made_bytes(random, 4 * kSize);
  // Into memory that is there already, as the engine keeps it.
  std::string digest, content(fs::file_size(file), '\0');
  const auto columns = take_turns(
      bench.rounds,
      {[&] {
         return milliseconds([&] {
           std::ifstream(file, std::ios::binary)
               .read(content.data(), static_cast<std::streamsize>(content.size()));
           digest = plugins::hash_ssdeep::ssdeep_digest(bytes_of(content));
         });
       },
       [&] {
         return 1e3 * run({{program, "-s", file.string()}, "/dev/null", true}, bench.work);
       }});
  judge(row, columns[0], columns[1]);
  rows.push_back(std::move(row));
}

void exif_row(const Bench& bench, const Tree& tree, Rows& rows) {
  Row row{.workload = "(g) exif, for each file of the tree", .unit = "ms"};
  row.measure = Measure::ours;
  row.limit = 2.5;
  if (!bench.has_plugin("exif") || !fs::exists("/usr/bin/exiftool")) {
    row.skipped = "no exif plugin or no exiftool here";
    rows.push_back(std::move(row));
    return;
  }
  std::vector<std::string> files, arguments = {"/usr/bin/exiftool", "-j", "-q"};
  for (size_t i = 0; i < tree.files.size() && files.size() < 200; i += 3) {
    const Kind kind = tree.files[i].kind;
    if (kind != Kind::elf && kind != Kind::png) continue;  // it fails on some of the others
    const fs::path path = tree.directory / tree.files[i].name;
    files.push_back(contents(path));
    arguments.push_back(path.string());
  }
  Stoq stoq(
      {.base_dir = (bench.work / "home").string(), .log_dir = "", .always_dispatch = {"exif"}});
  const auto count = static_cast<double>(files.size());
  const auto columns =
      take_turns(std::min(bench.rounds, 5u),
                 {[&] {
                    return milliseconds([&] {
                             for (const std::string& file : files)
                               if (stoq.scan(file).results[0].workers[0]["exif"].is_null())
                                 throw std::runtime_error("exif gave no result");
                           }) /
                           count;
                  },
                  [&] {
                    return 1e3 * run({arguments, "/dev/null", true}, bench.work) / count;
                  }});
  judge(row, columns[0], columns[1]);
  rows.push_back(std::move(row));
}

}  // namespace

Rows plugin_rows(const Bench& bench) {
  const Pinned pinned(cores().front());
  const Tree tree = make_tree(bench.cache);
  Rows rows;
  pass_rows(bench, tree, rows);
  ssdeep_row(bench, rows);
  exif_row(bench, tree, rows);
  return rows;
}

}  // namespace stoq::bench
