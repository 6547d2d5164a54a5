// SPDX-License-Identifier: Apache-2.0
// A provider's journal as it may lie on a disk: what is read of it is written and read to the same.
#include <filesystem>

#include "fuzz/target.h"
#include "plugins/files/journal_file.h"
#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

using namespace stoq::plugins::files;
using stoq::fuzz::must;

namespace {

struct Kept {
  std::string word, path;
  Identity id;
  bool operator==(const Kept&) const = default;
};

JournalFile::Read read(const JournalFile& file, std::vector<Kept>& kept) {
  kept.clear();
  return file.read([&](const Line& line) {
    kept.push_back({std::string(line.word), line.path, line.id});
  });
}

}  // namespace

// The lines below a good head; a "!" before them: all of the file.
STOQ_FUZZ(journal) {
  static const stoq::test::TemporaryDirectory state;
  JournalFile file({"dirmon", "look at it"}, state.path(), "/watched");
  std::string content(stoq::fuzz::text_of(data));
  content =
      content.starts_with('!') ? content.substr(1) : "stoq-dirmon-journal 1 /watched\n" + content;
  std::ofstream(file.path(), std::ios::binary) << content;
  std::vector<Kept> kept, again;
  try {
    const JournalFile::Read told = read(file, kept);
    must(told.lines == kept.size());
    if (!told.foreign.empty()) {
      must(kept.empty() && std::filesystem::remove(file.move_aside()));
      return;
    }
    file.open();
    const Line added{"done", {1, 2, 3}, "new\nline\\"};
    must(file.append({&added, 1}) == 0);
    kept.push_back({"done", "new\nline\\", {1, 2, 3}});
    read(file, again);
    must(again == kept);
    file.begin();
    for (const Kept& line : kept) file.add({line.word, line.id, line.path});
    file.commit(false);
    must(read(file, again).broken == 0 && again == kept);
  } catch (const stoq::sdk::Error& e) {
    must(std::string_view(e.what()).find(".journal") != std::string_view::npos);
  }
}
