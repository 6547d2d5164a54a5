// SPDX-License-Identifier: Apache-2.0
//
// stoq-bench: the engine beside bare programs on the same libraries. bench/README.md says what the
// rows mean.
#include <cstdio>
#include <exception>
#include <string_view>

#include "bench/bench.h"
#include "bench/floor.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: stoq-bench [--row a,b,...] [--quick] [--out FILE] [--cache DIR]\n"
    "  --row    rows to measure, of a to m; all\n"
    "  --quick  three pairs instead of fifteen\n"
    "  --out    where the rows go as JSON\n"
    "  --cache  where inputs are kept; build/bench of the sources\n";

struct RowGroup {
  char letter;
  Rows (*measure)(const Bench&);
};
constexpr RowGroup kGroups[] = {{'a', scan_rows},    {'b', tree_rows},    {'c', yara_rows},
                                {'d', zip_rows},     {'e', memory_rows},  {'f', host_rows},
                                {'g', plugin_rows},  {'h', arrival_rows}, {'i', isolation_rows},
                                {'j', shipped_rows}, {'k', python_rows},  {'l', extractor_rows},
                                {'m', share_rows}};

struct Arguments {
  std::string rows = "abcdefghijklm", out, cache = STOQ_BENCH_CACHE;
  bool quick = false;
};

// False: not understood.
bool parse(const std::vector<std::string>& given, Arguments& a) {
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] == "--quick") {
      a.quick = true;
      continue;
    }
    if (i + 1 == given.size()) return false;
    const std::string& value = given[i + 1];
    if (given[i] == "--row") {
      a.rows.clear();
      for (size_t at = 0; at < value.size(); at += 2) {
        if (value[at] < 'a' || value[at] > 'm') return false;
        if (at + 1 < value.size() && value[at + 1] != ',') return false;
        a.rows.push_back(value[at]);
      }
    } else if (given[i] == "--out") {
      a.out = value;
    } else if (given[i] == "--cache") {
      a.cache = fs::absolute(value);
    } else {
      return false;
    }
    ++i;
  }
  return true;
}

int measure(const Arguments& a) {
  Bench bench;
  bench.build = fs::canonical("/proc/self/exe").parent_path().parent_path();
  bench.cache = a.cache;
  bench.rounds = a.quick ? 3 : 15;
  bench.quick = a.quick;
  std::printf("stoq-bench: medians of %u pairs in turns, %zu cores\n", bench.rounds,
              cores().size());
  print_heading();
  Rows all;
  bool failed = false;
  const fs::path work = bench.cache / "work";
  fs::remove_all(work);
  for (const RowGroup& group : kGroups) {
    if (a.rows.find(group.letter) == a.rows.npos) continue;
    bench.work = work / std::string(1, group.letter);
    fs::create_directories(bench.work / "home");
    try {
      for (Row& row : group.measure(bench)) {
        print_row(row);
        failed |= row.failed;
        all.push_back(std::move(row));
      }
    } catch (const std::exception& e) {
      std::printf("(%c) failed: %s\n", group.letter, e.what());
      failed = true;
    }
  }
  fs::remove_all(work);
  if (!a.out.empty() && !write_rows(a.out, all)) {
    std::fprintf(stderr, "stoq-bench: %s cannot be written\n", a.out.c_str());
    failed = true;
  }
  return failed ? 1 : 0;
}

}  // namespace

Command Bench::floor(std::vector<std::string> arguments, bool one_core) const {
  Command command{{(build / "bin/stoq-bench").string(), "--floor"}, "/dev/null", one_core};
  for (std::string& argument : arguments) command.arguments.push_back(std::move(argument));
  return command;
}

bool Bench::has_plugin(const std::string& name) const {
  return fs::exists(build / "plugins" / name / (name + ".so"));
}

}  // namespace stoq::bench

int main(int argc, char** argv) {
  using namespace stoq::bench;
  const std::vector<std::string> given(argv + 1, argv + argc);
  try {
    if (!given.empty() && given[0] == "--floor") return run_floor(std::span(given).subspan(1));
    Arguments arguments;
    if (!parse(given, arguments)) {
      std::fputs(kUsage, stderr);
      return 2;
    }
    return measure(arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stoq-bench: %s\n", e.what());
    return 1;
  }
}
