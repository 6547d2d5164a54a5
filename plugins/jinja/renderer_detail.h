// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "renderer.h"

namespace stoq::plugins::jinja {

inline constexpr unsigned kMostNested = 400, kMostIncludes = 20;

// Counts what is open at a time.
class Renderer::Depth {
 public:
  explicit Depth(Renderer& renderer) : renderer_(renderer) {
    if (++renderer_.depth_ > kMostNested) {
      --renderer_.depth_;
      fail("macros, blocks and includes are nested too deep here");
    }
  }
  ~Depth() { --renderer_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Renderer& renderer_;
};

template <class Body>
Value Renderer::captured(bool escape, const Body& body) {
  Output output{{}, Charge(budget_, 0)};
  Output* const before = std::exchange(out_, &output);
  const bool replaced = std::exchange(replaced_, false);
  body();
  replaced_ = replaced;
  out_ = before;
  return Value::text(budget_, std::move(output.text), escape);
}

}  // namespace stoq::plugins::jinja
