// SPDX-License-Identifier: Apache-2.0
#include "core/instance.h"

#include <unistd.h>

#include <algorithm>

#include "stoq/exceptions.h"

namespace stoq {

std::vector<std::string> Roles::names() const {
  std::vector<std::string> names;
  for (unsigned i = 0; i < std::size(kRoleNames); ++i)
    if (has(static_cast<Role>(i))) names.emplace_back(kRoleNames[i]);
  return names;
}

Role role_of(Op op) {
  switch (op) {
    case Op::scan:
      return Role::worker;
    case Op::get_dispatches:
      return Role::dispatcher;
    case Op::get_deep_dispatches:
      return Role::deep_dispatcher;
    case Op::archive:
    case Op::get:
      return Role::archiver;
    case Op::save:
      return Role::connector;
    case Op::decorate:
      return Role::decorator;
    case Op::ingest:
      return Role::provider;
  }
  return Role::worker;
}

bool Reply::put_file(int fd, std::string_view, std::string_view, uint64_t) {
  close(fd);
  return false;
}

Step begin_payload(Reply& reply, std::string_view payload_meta) {
  ExtractionMeter& meter = reply.meter();
  if (meter.open()) return Step::invalid;
  if (meter.stopped()) return Step::stop;
  if (!meter.begin()) {
    reply.extract_stopped();
    return Step::stop;
  }
  if (reply.extract_begin(payload_meta.empty() ? "{}" : payload_meta)) return Step::go;
  meter.end();
  return Step::invalid;
}

Step write_payload(Reply& reply, Bytes chunk) {
  ExtractionMeter& meter = reply.meter();
  if (meter.stopped()) return Step::stop;
  if (!meter.open()) return Step::invalid;
  if (meter.write(chunk.size())) {
    reply.extract_write(chunk);
    return meter.stopped() ? Step::stop : Step::go;
  }
  reply.extract_end(false);
  meter.end();
  reply.extract_stopped();
  return Step::stop;
}

Step end_payload(Reply& reply, bool keep) {
  ExtractionMeter& meter = reply.meter();
  if (meter.stopped()) return Step::stop;
  if (!meter.open()) return Step::invalid;
  reply.extract_end(keep);
  return meter.end() ? Step::go : Step::stop;
}

bool PluginInfo::wants_result_of(std::string_view plugin) const {
  return std::any_of(results.begin(), results.end(),
                     [&](const std::string& r) { return r == "*" || r == plugin; });
}

ArchiverResponse ArchiverPlugin::archive(Payload&, Request&) {
  throw StoqPluginException("this archiver does not archive");
}
std::optional<Payload> ArchiverPlugin::get(const ArchiverResponse&) {
  throw StoqPluginException("this archiver does not fetch");
}

}  // namespace stoq
