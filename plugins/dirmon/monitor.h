// SPDX-License-Identifier: Apache-2.0
//
// Watches source_dir and hands each file to the engine once it is complete. One thread does it all:
// while the engine takes no more, the kernel queues events, and should that queue overflow, a look
// at all files against the journal makes up for it.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "folders.h"
#include "inotify.h"
#include "items.h"
#include "journal.h"
#include "names.h"
#include "root.h"
#include "stoq/sdk/views.h"
#include "waiting.h"

namespace stoq::plugins::dirmon {

struct Options {
  std::string source_dir;  // absolute
  bool recursive = false;
  bool existing = false;
  bool follow_links = false;
  Patterns ignore;
};

struct Timing {
  using ms = std::chrono::milliseconds;
  ms tick{100};           // until a cancelled ingest is noticed
  ms settle{50};          // how old a change must be, where no event says that it is complete …
  ms empty{1'000};        // … of an empty file, which may just be opened for writing
  ms quiet{10'000};       // … where the kernel does not tell who has a file open …
  ms unclosed{600'000};   // … and the file's maker is likely to have it open, and to close it
  ms busy_most{1'000};    // between two looks at a file that is open for writing
  ms patience{60'000};    // until the log names such a file
  ms retry_most{30'000};  // until a file that the engine gave back is put again
  ms root_check{200};     // is source_dir still what is watched?
  ms unwatched{5'000};    // between two looks into a directory that cannot be watched
};

class Monitor {
 public:
  Monitor(const sdk::Host& host, sdk::Call& call, const Options& options, const Timing& timing,
          Journal& journal, Items& items);

  // Until the engine ends intake. Throws sdk::Error when source_dir cannot be watched.
  void run();

 private:
  // A directory that is to be listed.
  struct Job {
    int folder;
    bool whole = false;    // as part of a look at everything
    uint32_t arrived = 0;  // it came: nothing in it was there before this era
    bool renamed = false;  // it was, from:
    std::string before = {};
  };
  enum class Adopted { no, same, moved, added };

  bool stopped();
  void note_all();
  void keep_up();
  void check_root();
  void lose_root();
  void farewell();

  // Events: they change the tree and what is waited for, and never block.
  bool read_events(Timing::ms most);
  void handle(const Event& event);
  void self_event(Folder& folder, uint32_t mask);
  void directory_event(Folder& parent, const std::string& name, const Event& event);
  void file_event(const Folder& folder, const std::string& name, uint32_t mask);

  // One file.
  void look_at_due();
  void look(const Place& place, Look look);
  void look_at_touched(const Place& place, Look look, const std::string& path);
  void unopened(const Place& place, Look look, const std::string& path, const Opened& file);
  void busy(const Place& place, Look look, const std::string& path);
  Clock::duration to_settle(const struct stat& st, Writers writers, Look& look) const;
  void later(const Place& place, const Look& look, Timing::ms wait);
  void later(const Place& place, const Look& look, Clock::time_point due);

  // Directories (listing.cc).
  void watch_root();
  Adopted adopt(Folder& parent, const std::string& name, Folder*& folder, std::string& before);
  void drop(Folder& folder);
  void drop_moved();
  void retry_unwatched();
  void look_at_all();
  void look_again_in(Timing::ms wait);
  void work_off_jobs();
  void list(const Job& job);
  void list_directory(Folder& parent, const std::string& name, const Job& job);
  void list_file(const Folder& folder, const std::string& name, const struct stat& st,
                 const Job& job);
  void note(const Place& place, const std::string& path);

  std::string full(const std::string& path) const { return join(options_.source_dir, path); }
  void skipped(const std::string& path, std::string_view why);
  void tell_transient(const std::string& path, int error);
  void unreadable(const Place& place, const std::string& path, std::string_view why);

  const sdk::Host host_;
  sdk::Call& call_;
  const Options& options_;
  const Timing timing_;
  Journal& journal_;
  Items& items_;

  Root root_;
  Inotify inotify_;
  Folders folders_;
  Waiting waiting_;
  std::vector<Job> jobs_;
  std::vector<int> moved_;      // directories that have left their place
  std::set<uint32_t> leaving_;  // the cookies of those that may arrive elsewhere inside
  std::set<Place> unreadable_;  // a chmod may help
  uint64_t unreadable_count_ = 0;
  std::string first_unreadable_;

  bool stopped_ = false;
  bool noting_ = false;  // what is there is noted, not taken
  timespec noting_since_{};
  bool rooted_ = false;  // source_dir is there and watched
  bool root_doubt_ = false, root_gone_ = false;
  bool complete_ = true;  // the look at everything has seen everything
  bool told_limit_ = false, told_transient_ = false, told_root_ = false;
  bool overflow_ = false;  // events were lost
  uint32_t round_ = 0;
  std::optional<Clock::time_point> again_at_;  // to look at all files
  Clock::time_point root_checked_, unwatched_tried_;
};

}  // namespace stoq::plugins::dirmon
