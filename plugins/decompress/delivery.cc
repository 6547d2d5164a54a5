// SPDX-License-Identifier: Apache-2.0
#include "delivery.h"

#include <utility>

namespace stoq::plugins::decompress {

std::string Delivery::too_large(std::uint64_t size) const {
  return archives::too_large(size, maximum_size_);
}

void Delivery::deliver_empty(Member& member) {
  const auto flow = sink_.begin(member);
  stopped_ = sink_.end(true) == Flow::stop || flow == Flow::stop;
  member.status = "extracted";
}

void Delivery::deliver(Reader& reader, Member& member, std::span<const std::uint8_t> verified,
                       bool all_verified) {
  bool begun = false;
  auto flow = Flow::go_on;
  const auto begin = [&] {
    if (!std::exchange(begun, true)) flow = sink_.begin(member);
    return flow == Flow::go_on;
  };
  const auto give = [&](std::span<const std::uint8_t> bytes) {
    if (!begin()) return false;
    if (const auto size = member.size + bytes.size(); is_over(size)) {
      member.status = too_large(size);
      bytes = bytes.first(maximum_size_ - member.size);
    }
    if (!bytes.empty()) {
      member.size += bytes.size();
      flow = sink_.data(bytes);
    }
    return flow == Flow::go_on && member.status.empty();
  };

  auto pulled = verified.empty() || give(verified) ? Pulled::whole : Pulled::refused;
  if (pulled == Pulled::whole && !all_verified) pulled = pull(reader, give);
  if (pulled == Pulled::whole && member.has_size && member.size < member.declared_size) {
    member.status = "damaged: it ends after " + std::to_string(member.size) + " of " +
                    std::to_string(member.declared_size) + " bytes";
  } else if (pulled == Pulled::whole) {
    if (begin()) member.status = "extracted";  // an empty one begins here
  } else if (pulled == Pulled::damaged) {
    member.status = "damaged: " + reader.error();
  }
  if (member.status.empty())
    member.status = flow == Flow::skip_member ? "skipped: not wanted" : "stopped";
  if (begun && sink_.end(member.status == "extracted") == Flow::stop) flow = Flow::stop;
  if (flow == Flow::stop) stopped_ = true;
}

}  // namespace stoq::plugins::decompress
