// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <random>

namespace stoq::plugins::hash_ssdeep {
namespace {

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string bytes(std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random_() >> 24);
    return out;
  }
  std::string repeated(std::size_t size) {
    const std::string unit = bytes(1 + below(3000));
    std::string out;
    while (out.size() < size) out += unit;
    out.resize(size);
    return out;
  }
  std::string text(std::size_t size) {
    static constexpr const char* kWords[] = {"the ", "payload ", "is ", "scanned\n", "stoq, ",
                                             "42 ",  "a ",       "of ", "(none) "};
    std::string out;
    while (out.size() < size) out += kWords[below(std::size(kWords))];
    out.resize(size);
    return out;
  }
  std::string patches(std::size_t size) {
    const std::string unit = bytes(1 + below(200));
    std::string out;
    while (out.size() < size) {
      for (std::size_t times = below(50); times > 0; --times) out += unit;
      out += bytes(below(400));
      out.append(below(5) == 0 ? below(3000) : 0, '\0');
    }
    out.resize(size);
    return out;
  }

 private:
  std::mt19937 random_;
};

}  // namespace

std::string make_sample(Sample kind, std::uint32_t seed, std::size_t size) {
  Maker maker(seed);
  switch (kind) {
    case Sample::one_byte:
      return std::string(size, static_cast<char>(maker.below(256)));
    case Sample::repeated:
      return maker.repeated(size);
    case Sample::text:
      return maker.text(size);
    case Sample::zeros_behind: {
      const std::size_t zeros = maker.below(size + 1);
      return maker.bytes(size - zeros) + std::string(zeros, '\0');
    }
    case Sample::zeros_before: {
      const std::size_t zeros = maker.below(size + 1);
      return std::string(zeros, '\0') + maker.bytes(size - zeros);
    }
    case Sample::patches:
      return maker.patches(size);
    default:
      return maker.bytes(size);
  }
}

}  // namespace stoq::plugins::hash_ssdeep
