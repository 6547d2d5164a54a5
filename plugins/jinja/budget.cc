// SPDX-License-Identifier: Apache-2.0
#include "budget.h"

namespace stoq::plugins::jinja {
namespace {

constexpr uint64_t kBetweenLooks = 4096;

}  // namespace

void Budget::look() {
  next_look_ = steps_ + kBetweenLooks;
  if (steps_ > limits_.steps)
    fail("the template takes more than " + std::to_string(limits_.steps) +
         " steps on this response; let it look at less");
  if (std::chrono::steady_clock::now() > until_)
    fail("the template takes longer than " + std::to_string(limits_.time.count()) +
         " ms on this response; let it look at less, or raise the option timeout");
  if (limits_.cancelled && limits_.cancelled()) fail("the engine ended the call");
}

void Budget::too_long() const {
  fail("the template makes a text of more than " + std::to_string(limits_.output) +
       " bytes of this response; let it write less, or raise the option max_output");
}

void Budget::full() const {
  fail("the template would hold more than " + std::to_string(limits_.memory >> 20) +
       " MiB in memory on this response; let it look at less");
}

}  // namespace stoq::plugins::jinja
