// SPDX-License-Identifier: Apache-2.0
#include "log_queue.h"

#include <algorithm>
#include <chrono>

#include "payload_object.h"

namespace stoq::python {
namespace {

thread_local unsigned calls = 0;
thread_local const char this_thread = 0;

}  // namespace

LogQueue::Caller::Caller() {
  ++calls;
}
LogQueue::Caller::~Caller() {
  --calls;
}

void LogQueue::write(const LogRecord& r) {
  const double time = std::chrono::duration<double>(r.time.time_since_epoch()).count();
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMost) {
    ++dropped_;
    return;
  }
  waiting_.push_back({time, static_cast<int>(r.level), std::string(r.logger),
                      std::string(r.message), std::string(r.file), r.line,
                      calls > 0 ? &this_thread : nullptr});
  any_.store(true, std::memory_order_release);
}

void LogQueue::drain() {
  if (!any_.load(std::memory_order_acquire)) return;
  std::vector<Record> mine;
  {
    const std::lock_guard lock(mutex_);
    const auto others = std::stable_partition(
        waiting_.begin(), waiting_.end(),
        [](const Record& record) { return record.caller && record.caller != &this_thread; });
    mine.assign(std::make_move_iterator(others), std::make_move_iterator(waiting_.end()));
    waiting_.erase(others, waiting_.end());
    if (dropped_ > 0 && !mine.empty()) {
      Record record = mine.back();
      record.level = static_cast<int>(LogLevel::warning);
      record.message = std::to_string(dropped_) + " more log records were dropped";
      mine.push_back(std::move(record));
      dropped_ = 0;
    }
    any_.store(!waiting_.empty(), std::memory_order_release);
  }
  for (const Record& record : mine) give(record);
}

void LogQueue::give(const Record& record) {
  static const py::handle emit =
      py::object(py::module_::import("stoq._logs").attr("emit")).release();
  emit(text(record.logger), record.level, text(record.message), text(record.file), record.line,
       record.time);
}

}  // namespace stoq::python
