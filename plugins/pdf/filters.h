// SPDX-License-Identifier: Apache-2.0
//
// The decoding filters of streams, bounded: qpdf's own would unpack a bomb to its end, in memory
// where an object stream is one. Ours stand in their place for all documents of the process.
#pragma once

#include <cstdint>
#include <exception>

namespace stoq::plugins::pdf {

/// How much the filters of this thread may still give, each filter of a chain counted.
struct Budget {
  std::uint64_t of_stream = 0, of_document = 0;  // bytes
  bool exceeded = false;                         // one of the two was used up: decoding was ended
  bool damaged = false;  // a filter met what it cannot read, or the end too early

  void spend(std::uint64_t bytes);  // throws Stop when there is not enough left
};
Budget& budget();  // of this thread

/// Ends the decoding of a stream. qpdf catches it, and says only that it failed.
struct Stop : std::exception {
  const char* what() const noexcept override { return "decoding was ended"; }
};

/// Puts the filters in place, once in a process: Flate, LZW and RunLength with their predictors;
/// pictures' codings stay as they are, so that a chain before one of them is undone. What follows
/// damage is left out, what precedes it is given. Thread-safe.
void register_filters();

}  // namespace stoq::plugins::pdf
