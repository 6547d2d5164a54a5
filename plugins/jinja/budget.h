// SPDX-License-Identifier: Apache-2.0
//
// What a rendering may use up, so that no response makes it run away.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace stoq::plugins::jinja {

// Why a rendering cannot go on. Whoever renders adds the place in the template.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::string& what) {
  throw Failure(what);
}

struct Limits {
  size_t output = 8 << 20;
  size_t memory = 256 << 20;  // held at a time by values and unfinished output
  uint64_t steps = 50'000'000;
  std::chrono::milliseconds time{30'000};
  std::function<bool()> cancelled;
};

// Of one rendering, and of one thread. Must outlive all values made on it.
class Budget {
 public:
  explicit Budget(const Limits& limits)
      : limits_(limits), until_(std::chrono::steady_clock::now() + limits.time) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  void step(uint64_t count = 1) {
    if ((steps_ += count) >= next_look_) look();
  }
  // For what takes time in proportion to `bytes`.
  void work(uint64_t bytes) { step(1 + bytes / 64); }
  // Throws where `bytes` more cannot be held. To be asked before they are made.
  void room(uint64_t bytes) {
    if (bytes > limits_.memory - held_) full();
    work(bytes);
  }
  size_t longest_text() const { return limits_.output; }
  // Adds to a text that a template makes: none may be longer than the output.
  void append(std::string& text, std::string_view more) {
    work(more.size());
    if (more.size() > limits_.output - text.size()) too_long();
    text += more;
  }
  [[noreturn]] void too_long() const;

 private:
  friend class Charge;
  void look();
  [[noreturn]] void full() const;

  const Limits& limits_;
  const std::chrono::steady_clock::time_point until_;
  uint64_t steps_ = 0, next_look_ = 0;
  size_t held_ = 0;
};

// Bytes held, given back at the end.
class Charge {
 public:
  Charge() = default;
  Charge(Budget& budget, size_t bytes) : budget_(&budget) { add(bytes); }
  ~Charge() {
    if (budget_) budget_->held_ -= bytes_;
  }
  Charge(Charge&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge&&) = delete;

  void add(size_t bytes) {
    if (!budget_) return;
    budget_->room(bytes);
    budget_->held_ += bytes;
    bytes_ += bytes;
  }

 private:
  Budget* budget_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace stoq::plugins::jinja
