// SPDX-License-Identifier: Apache-2.0
//
// The worker around unpack(): options, passwords that come with the payload, members as payloads,
// the list of them as result.
#include <algorithm>
#include <chrono>

#include "stoq/sdk/plugin.h"
#include "unpack.h"

namespace stoq::plugins::decompress {
namespace {

using Clock = std::chrono::steady_clock;

std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && (path.back() == '/' || path.back() == '\\')) path.remove_suffix(1);
  return path.substr(path.find_last_of("/\\") + 1);
}

struct PayloadShape {
  std::vector<std::string> dispatch_to;
  bool should_archive;
};

std::string meta_of(const Member& member, const PayloadShape& shape, bool incomplete) {
  sdk::JsonWriter w;
  w.begin_object().member("should_archive", shape.should_archive);
  w.key("extra_data").begin_object().member("filename", base_name(member.name));
  if (base_name(member.name) != member.name) w.member("path", std::string_view(member.name));
  if (member.name_hex) w.member("name_hex", std::string_view(*member.name_hex));
  if (incomplete) w.member("incomplete", true);
  w.end_object().key("dispatch_to").begin_array();
  for (const std::string& name : shape.dispatch_to) w.value(std::string_view(name));
  w.end_array().end_object();
  return w.take();
}

// Members become payloads as they are read.
class Extraction final : public Sink {
 public:
  Extraction(sdk::Call& call, const PayloadShape& shape, double timeout)
      : call_(call),
        shape_(shape),
        until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(timeout))) {}

  Flow begin(const Member& member) override {
    member_ = member;
    written_ = 0;
    return flow(call_.begin(meta_of(member, shape_, false)));
  }
  Flow data(std::span<const std::uint8_t> bytes) override {
    written_ += bytes.size();
    return flow(call_.write(bytes));
  }
  Flow end(bool complete) override {
    if (stopped_) return Flow::stop;
    // What could be read of a damaged member is worth a look, and says that it is not whole.
    if (!complete && written_ > 0 && !flow_is_stop(call_.meta(meta_of(member_, shape_, true))))
      return flow(call_.end());
    return flow(call_.end(complete));
  }
  bool cancelled() override {
    timed_out_ |= Clock::now() >= until_;
    return timed_out_ || stopped_ || call_.cancelled();
  }
  bool timed_out() const { return timed_out_; }

 private:
  bool flow_is_stop(bool go_on) {
    stopped_ |= !go_on;
    return stopped_;
  }
  Flow flow(bool go_on) { return flow_is_stop(go_on) ? Flow::stop : Flow::go_on; }

  sdk::Call& call_;
  const PayloadShape& shape_;
  Clock::time_point until_;
  Member member_;
  uint64_t written_ = 0;
  bool stopped_ = false, timed_out_ = false;
};

void write_member(sdk::JsonWriter& w, const Member& m) {
  w.begin_object().member("name", std::string_view(m.name));
  if (m.name_hex) w.member("name_hex", std::string_view(*m.name_hex));
  w.member("kind", name_of(m.kind)).member("size", m.size);
  if (m.has_size && m.declared_size != m.size) w.member("declared_size", m.declared_size);
  if (!m.link_target.empty()) w.member("target", std::string_view(m.link_target));
  if (m.mtime) w.member("mtime", *m.mtime);
  if (m.encrypted) w.member("encrypted", true);
  w.member("status", std::string_view(m.status)).end_object();
}

std::string result_of(const Report& report) {
  sdk::JsonWriter w;
  w.begin_object();
  if (!report.format.empty()) w.member("format", std::string_view(report.format));
  if (!report.filters.empty()) {
    w.key("filters").begin_array();
    for (const std::string& filter : report.filters) w.value(std::string_view(filter));
    w.end_array();
  }
  if (report.password) w.member("password", std::string_view(*report.password));
  if (!report.unsupported.empty()) w.member("unsupported", std::string_view(report.unsupported));
  w.member("member_count", report.member_count).key("members").begin_array();
  for (const Member& member : report.members) write_member(w, member);
  w.end_array().end_object();
  return w.take();
}

class Decompress {
 public:
  static constexpr sdk::Option options[] = {
      {"passwords", sdk::Kind::list, "-,infected,password",
       "tried in this order on encrypted members, after none; - stands for none"},
      {"maximum_size", sdk::Kind::size, "1GiB", "bytes of one member; a larger one is left out", 1,
       1e15},
      {"timeout", sdk::Kind::duration, "45",
       "time for one archive; what was unpacked by then stays", 0.001, 86'400},
      {"always_dispatch", sdk::Kind::list, "", "workers that every member is sent to"},
      {"archive_extracted", sdk::Kind::boolean, "yes",
       "whether destination archivers keep the members"},
      {"max_listed_members", sdk::Kind::integer, "1000",
       "members that the result lists; all are unpacked and counted", 0, 1'000'000},
  };

  explicit Decompress(const sdk::Host& host)
      : passwords_(host.list("passwords")),
        maximum_size_(static_cast<uint64_t>(host.integer("maximum_size"))),
        timeout_(host.number("timeout")),
        listed_(static_cast<size_t>(host.integer("max_listed_members"))),
        shape_{host.list("always_dispatch"), host.boolean("archive_extracted")} {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    Options unpacking{.passwords = passwords_of(payload),
                      .maximum_size = maximum_size_,
                      .max_listed_members = listed_};
    Extraction extraction(call, shape_, timeout_);
    const Report report = unpack(payload.content(), suggested_name(payload), unpacking, extraction);
    if (!report.is_archive) return;
    for (const std::string& error : report.errors) call.error(error);
    if (!report.unsupported.empty()) call.error("unsupported: " + report.unsupported);
    if (extraction.timed_out())
      call.error("Timed out decompressing payload: after " + std::to_string(report.member_count) +
                 " members (option timeout)");
    call.result(result_of(report));
  }

 private:
  // Passwords that came with the payload, then those that came with the request, then the
  // configured ones.
  std::vector<std::string> passwords_of(const sdk::Payload& payload) const {
    std::vector<std::string> all = payload.extra_data()["passwords"].strings();
    for (std::string& password : payload.request_meta()["extra_data"]["passwords"].strings())
      all.push_back(std::move(password));
    for (const std::string& password : passwords_)
      if (std::find(all.begin(), all.end(), password) == all.end()) all.push_back(password);
    return all;
  }

  // What a .gz without a name in it holds: its own name without the ending.
  static std::string suggested_name(const sdk::Payload& payload) {
    std::string name = payload.extra_data()["filename"].string_or("");
    for (const std::string_view ending :
         {".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".lz", ".Z", ".uu"})
      if (name.size() > ending.size() && name.ends_with(ending))
        return name.substr(0, name.size() - ending.size());
    return name;
  }

  std::vector<std::string> passwords_;
  uint64_t maximum_size_;
  double timeout_;
  size_t listed_;
  PayloadShape shape_;
};

}  // namespace

STOQ_PLUGIN(Decompress, "decompress", "4.0.0")

}  // namespace stoq::plugins::decompress
