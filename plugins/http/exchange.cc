// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <algorithm>

namespace stoq::http {

bool passing(long status) {
  return status == 408 || status == 429 ||
         (status >= 500 && status < 600 && status != 501 && status != 505);
}

Reply exchange(const Client& client, const std::function<Request()>& request, Patience& patience) {
  while (true) {
    Request now = request();
    now.most = std::min(now.most, patience.left());
    std::string problem;
    std::optional<std::chrono::seconds> asked;
    try {
      Reply reply = client.send(now, [&] { return patience.cancelled(); });
      if (!passing(reply.status)) return reply;
      problem = std::string(shown(now.url)) + " " + client.describe(reply);
      asked = reply.retry_after;
    } catch (const Failure& e) {
      if (!e.passing()) throw;
      problem = e.what();
    }
    if (!patience.again(asked)) throw sdk::Error(problem + " (" + patience.story() + ")");
  }
}

}  // namespace stoq::http
