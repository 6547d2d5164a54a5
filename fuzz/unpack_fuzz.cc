// SPDX-License-Identifier: Apache-2.0
// An archive that is to be installed: whatever it holds, nothing of it leads out of its folder.
#include <filesystem>

#include "cli/fetch.h"
#include "fuzz/target.h"
#include "host/channel.h"
#include "plugins/decompress/tests/samples.h"
#include "stoq/exceptions.h"
#include "tests/support/temporary_directory.h"

using namespace stoq;
using fuzz::must;
namespace fs = std::filesystem;

STOQ_FUZZ(unpack) {
  static const test::TemporaryDirectory folder;
  const std::string into = folder / "plugin";
  fs::create_directory(into);
  const Fd file = wire::memory_file("archive", fuzz::text_of(data));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  try {
    cli::unpack_archive(path, into);
  } catch (const StoqException& e) {
    must(std::string_view(e.what()).starts_with(path + " is not installed: "));
  }
  must(test::names_in(folder.path()) == std::vector<std::string>{"plugin"});
  for (const auto& entry : fs::recursive_directory_iterator(into)) {
    must(entry.is_symlink() || entry.is_regular_file() || entry.is_directory());
    std::error_code dangling;
    const std::string target = fs::weakly_canonical(entry.path(), dangling).string();
    must(dangling || target == into || target.starts_with(into + "/"));
  }
  fs::remove_all(into);
}

STOQ_FUZZ_SEEDS(unpack) {
  using samples::Entry;
  const std::vector<Entry> good = {{"p/", "", 'd'},
                                   {"p/p.stoq", "[Core]\nName = p\nModule = p\n"},
                                   {"p/data", std::string(100, 'd')},
                                   {"p/link", "", 'l', "data"}};
  std::vector<std::string> out;
  for (const char* format : {"ustar", "pax", "zip", "7zip"})
    out.push_back(samples::write({format, "", "", ""}, good));
  out.push_back(samples::write({"ustar", "gzip", "", ""}, good));
  for (const Entry& bad : {Entry{"../out", "x"}, Entry{"/out", "x"}, Entry{"p/l", "", 'l', "../.."},
                           Entry{"p/h", "", 'h', "p/data"}, Entry{"p/f", "", 'p'}})
    out.push_back(samples::write({"ustar", "", "", ""}, {good[0], good[2], bad}));
  return out;
}
