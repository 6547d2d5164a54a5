// SPDX-License-Identifier: Apache-2.0
//
// What ExifTool tells of a payload.
#include <algorithm>
#include <chrono>
#include <memory>

#include "answer.h"
#include "exiftool.h"
#include "stoq/sdk/memory_file.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::exif {
namespace {

constexpr size_t kSlot = 32 << 20;  // a larger payload is not copied
constexpr size_t kQuoted = 400;     // bytes of ExifTool's own words in an error

// The time for one payload: less than what the engine grants, so that the answer is still ours.
class Budget {
 public:
  Budget(int64_t timeout, int64_t granted)
      : milliseconds_(std::min(timeout, granted - std::min<int64_t>(granted / 10, 1000))),
        until_(Clock::now() + std::chrono::milliseconds(milliseconds_)) {}
  int64_t left() const {
    return std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now()).count();
  }
  std::string seconds() const {
    sdk::JsonWriter text;
    return text.value(static_cast<double>(milliseconds_) / 1000).take();
  }

 private:
  using Clock = std::chrono::steady_clock;
  int64_t milliseconds_;
  Clock::time_point until_;
};

class Exif {
 public:
  static constexpr sdk::Option options[] = {
      {"bin_path", sdk::Kind::text, "",
       "the exiftool program: an absolute path, or one relative to the plugin's folder; empty: "
       "/usr/bin/exiftool"},
      {"bin", sdk::Kind::text, "", "the same, where bin_path is not set"},
      {"timeout", sdk::Kind::duration, "30", "time for one payload", 0.01, 86'400},
  };

  explicit Exif(const sdk::Host& host)
      : helper_(find(host)), timeout_(static_cast<int64_t>(host.number("timeout") * 1000)) {}

  struct Thread {
    std::unique_ptr<sdk::MemoryFile> slot;
    std::unique_ptr<Exiftool> tool;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    const Budget budget(timeout_, call.time_left());
    try {
      if (payload.size() <= kSlot)
        with_slot(payload, call, thread, budget);
      else
        with_file(payload.size(), call, budget);
    } catch (const sdk::HelperError& e) {
      fail(e.what());
    }
  }

 private:
  static sdk::Helper find(const sdk::Host& host) {
    std::string path = host.text("bin_path");
    if (path.empty()) path = host.text("bin");
    if (path == "exiftool") path.clear();  // the default of stoQ 2 and 3
    if (!path.empty()) path = host.path(path);
    try {
      return {host, "exiftool", path};
    } catch (const sdk::HelperError& e) {
      throw sdk::Error(std::string(e.what()) +
                       "; install ExifTool (Debian: libimage-exiftool-perl), or say where it is by "
                       "the option bin_path in section [exif] of stoq.cfg");
    }
  }

  [[noreturn]] static void fail(std::string_view why) {
    throw sdk::Error("Failed gathering exif data: " + std::string(why));
  }

  void with_slot(const sdk::Payload& payload, sdk::Call& call, Thread& thread,
                 const Budget& budget) const {
    try {
      while (true) {
        if (!thread.tool) {
          thread.slot = std::make_unique<sdk::MemoryFile>();
          thread.tool = std::make_unique<Exiftool>(helper_, thread.slot->fd());
        }
        thread.slot->fill(payload.content());
        if (tell(*thread.tool, payload.size(), call, budget)) break;
        thread.tool.reset();
      }
    } catch (...) {
      thread.tool.reset();
      throw;
    }
    if (thread.tool->worn()) thread.tool.reset();
  }

  void with_file(size_t size, sdk::Call& call, const Budget& budget) const {
    const int fd = call.content_fd();
    if (fd < 0) fail("there is no file of the payload");
    Exiftool tool(helper_, fd);
    tell(tool, size, call, budget);
  }

  // False when an ExifTool that had answered before has ended: a new one may do better.
  static bool tell(Exiftool& tool, size_t size, sdk::Call& call, const Budget& budget) {
    try {
      const std::optional<std::string> result = result_of(tool.ask(budget.left()), size);
      if (!result) fail("ExifTool gave no JSON" + last_words(tool));
      call.result(*result);
      return true;
    } catch (const sdk::HelperError& e) {
      if (e.ended() && tool.answered()) return false;
      if (e.ended()) fail("ExifTool has ended without an answer" + last_words(tool));
      if (!e.late()) throw;
      fail("ExifTool gave no answer within " + budget.seconds() + " s and was killed");
    }
  }

  static std::string last_words(Exiftool& tool) {
    std::string_view words = tool.errors();
    while (words.ends_with('\n')) words.remove_suffix(1);
    if (words.empty()) return "";
    words = words.substr(words.size() - std::min(words.size(), kQuoted));
    return ": " +
           sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(words.data()), words.size()});
  }

  sdk::Helper helper_;
  int64_t timeout_;
};

}  // namespace

STOQ_PLUGIN(Exif, "exif", "4.0.0")

}  // namespace stoq::plugins::exif
