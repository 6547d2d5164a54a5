// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stoq::plugins::splunk {

// Seconds since 1970 of a response's local time, as JSON; "" when it is none.
std::string epoch(std::string_view local_time);

// What stands around each event. {plugin} in source, sourcetype and index is replaced.
struct Envelope {
  std::string host, source, sourcetype, index;  // left out where empty

  // sdk::Error for {plugin} without `split`.
  void check(bool split) const;
  // `time` as epoch() gives it; `event` is JSON.
  std::string around(std::string_view event, std::string_view plugin, std::string_view time) const;
};

}  // namespace stoq::plugins::splunk
