// SPDX-License-Identifier: Apache-2.0
#include "host/helper_session.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "stoq/abi/helper.h"

namespace stoq {
namespace {

constexpr size_t kChunk = 64 << 10;

// A program that has closed its input costs no signal, whatever this process thinks of SIGPIPE.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigset_t waiting;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigpending(&waiting);
    was_pending_ = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec now{0, 0};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

}  // namespace

HelperSession::HelperSession(HelperProcesses& processes, const HelperProgram& program,
                             uint64_t max_output, uint64_t max_errors)
    : processes_(processes),
      process_(processes.start(program)),
      name_(program.name),
      max_output_(max_output),
      max_errors_(max_errors) {}

HelperSession::~HelperSession() {
  if (!status_) processes_.end(process_.number);
}

void HelperSession::write(Bytes input, int64_t milliseconds) {
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  drop_given();
  to_write_ = input;
  try {
    feed();
    while (!to_write_.empty()) step(until, "take its input");
  } catch (...) {
    to_write_ = {};
    throw;
  }
}

std::string_view HelperSession::read(size_t most, int64_t milliseconds) {
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  drop_given();
  take_output();
  while (output_.empty()) {
    if (!process_.output) throw HelperProblem(STOQ_HELPER_ENDED, name_ + " has ended its output");
    step(until, "give output");
  }
  const size_t size = std::min(most, output_.size());
  return give(size, size);
}

std::string_view HelperSession::read_until(std::string_view delimiter, int64_t milliseconds) {
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  drop_given();
  take_output();
  size_t searched = 0;
  while (true) {
    if (!delimiter.empty()) {
      const size_t from = searched < delimiter.size() ? 0 : searched - delimiter.size() + 1;
      if (const size_t at = output_.find(delimiter, from); at != output_.npos)
        return give(at, at + delimiter.size());
      searched = output_.size();
    }
    if (!process_.output) {
      if (delimiter.empty()) return give(output_.size(), output_.size());
      throw HelperProblem(STOQ_HELPER_ENDED, name_ + " has ended its output");
    }
    step(until, "give its answer");
  }
}

std::string_view HelperSession::errors() {
  take_errors();
  const std::string_view all = errors_;
  return all.substr(all.size() - std::min<size_t>(all.size(), max_errors_));
}

int HelperSession::wait(int64_t milliseconds) {
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  drop_given();
  while (!exited_) step(until, "end", true);
  take_output(), take_errors();  // what was still on its way
  if (!status_) status_ = processes_.end(process_.number);
  if (*status_ == -1)
    throw HelperProblem(STOQ_HELPER_FAILED, "how " + name_ + " ended is not known");
  return WIFSIGNALED(*status_) ? -WTERMSIG(*status_) : WEXITSTATUS(*status_);
}

void HelperSession::step(Clock::time_point until, const char* what, bool for_end) {
  if (output_.size() > max_output_)
    throw HelperProblem(STOQ_HELPER_LONG,
                        name_ + " gave more than " + std::to_string(max_output_) + " bytes");
  pollfd fds[] = {{to_write_.empty() ? -1 : process_.input.get(), POLLOUT, 0},
                  {process_.output.get(), POLLIN, 0},
                  {process_.errors.get(), POLLIN, 0},
                  {for_end ? process_.pidfd.get() : -1, POLLIN, 0}};
  const int64_t left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  const int ready = left <= 0 ? 0 : poll(fds, 4, static_cast<int>(std::min<int64_t>(left, 60'000)));
  if (ready == 0 && Clock::now() >= until)
    throw HelperProblem(STOQ_HELPER_LATE, name_ + " did not " + what + " in time");
  if (ready <= 0) return;
  if (fds[0].revents) feed();
  if (fds[1].revents) take_output();
  if (fds[2].revents) take_errors();
  if (fds[3].revents) exited_ = true;
}

void HelperSession::feed() {
  if (to_write_.empty()) return;
  if (!process_.input) throw HelperProblem(STOQ_HELPER_ENDED, name_ + "'s input is closed");
  const NoPipeSignal no_signal;
  while (!to_write_.empty()) {
    const ssize_t n = ::write(process_.input.get(), to_write_.data(), to_write_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) throw HelperProblem(STOQ_HELPER_ENDED, name_ + " reads no more input");
    to_write_ = to_write_.subspan(static_cast<size_t>(n));
  }
}

void HelperSession::take_output() {
  while (process_.output && output_.size() <= max_output_) {
    const size_t before = output_.size();
    output_.resize(before + kChunk);
    ssize_t n;
    do n = ::read(process_.output.get(), output_.data() + before, kChunk);
    while (n < 0 && errno == EINTR);
    output_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) process_.output = Fd();
    if (n < static_cast<ssize_t>(kChunk)) return;
  }
}

void HelperSession::take_errors() {
  char chunk[4096];
  while (process_.errors) {
    const ssize_t n = ::read(process_.errors.get(), chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      process_.errors = Fd();
      return;
    }
    errors_.append(chunk, static_cast<size_t>(n));
    if (errors_.size() > 2 * max_errors_ + sizeof chunk)
      errors_.erase(0, errors_.size() - max_errors_);
    if (n < static_cast<ssize_t>(sizeof chunk)) return;
  }
}

void HelperSession::drop_given() {
  output_.erase(0, given_);
  given_ = 0;
}

std::string_view HelperSession::give(size_t size, size_t and_drop) {
  given_ = and_drop;
  return std::string_view(output_).substr(0, size);
}

}  // namespace stoq
