// SPDX-License-Identifier: Apache-2.0
#include "archives/extraction.h"

#include <algorithm>

namespace stoq::plugins::archives {
namespace {

std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && (path.back() == '/' || path.back() == '\\')) path.remove_suffix(1);
  return path.substr(path.find_last_of("/\\") + 1);
}

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

}  // namespace

Extraction::Extraction(sdk::Call& call, const PayloadShape& shape, double timeout_seconds)
    : call_(call),
      shape_(shape),
      until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(timeout_seconds))) {}

Flow Extraction::begin(const Member& member) {
  member_ = member;
  written_ = 0;
  open_ = true;
  return flow(call_.begin(meta_of(member, shape_, false)));
}

Flow Extraction::data(std::span<const std::uint8_t> bytes) {
  written_ += bytes.size();
  return flow(call_.write(bytes));
}

void Extraction::drop() {
  written_ = 0;
  if (open_) end(false);
}

Flow Extraction::end(bool complete) {
  open_ = false;
  if (stopped_) return Flow::stop;
  // What could be read of a damaged member is worth a look, and says that it is not whole.
  if (!complete && written_ > 0 && flow(call_.meta(meta_of(member_, shape_, true))) == Flow::go_on)
    return flow(call_.end());
  return flow(call_.end(complete));
}

bool Extraction::cancelled() {
  timed_out_ |= Clock::now() >= until_;
  if (!timed_out_ && !stopped_) called_off_ |= call_.cancelled();
  return timed_out_ || stopped_ || called_off_;
}

std::int64_t Extraction::time_left() {
  const auto ours = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now()).count();
  const std::int64_t granted = call_.time_left();
  const std::int64_t left = std::min<std::int64_t>(
      ours, granted - std::min<std::int64_t>(granted / 10, 1000));  // the answer is still to give
  if (left <= 0) (ours <= 0 ? timed_out_ : called_off_) = true;
  return std::max<std::int64_t>(left, 0);
}

Flow Extraction::flow(bool go_on) {
  stopped_ |= !go_on;
  return stopped_ ? Flow::stop : Flow::go_on;
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
  if (!report.unsupported.empty())
    w.member(report.passed_on ? "passed_on" : "unsupported", std::string_view(report.unsupported));
  w.member("member_count", report.member_count).key("members").begin_array();
  for (const Member& member : report.members) write_member(w, member);
  w.end_array().end_object();
  return w.take();
}

void give(const Report& report, const Extraction& extraction, sdk::Call& call) {
  for (const std::string& error : report.errors) call.error(error);
  if (!report.unsupported.empty() && !report.passed_on)
    call.error("unsupported: " + report.unsupported);
  if (extraction.timed_out())
    call.error("Timed out decompressing payload: after " + std::to_string(report.member_count) +
               " members (option timeout)");
  else if (extraction.called_off())
    call.error("Stopped decompressing payload: after " + std::to_string(report.member_count) +
               " members (the deadline of the plugin or the request, or the end of the run)");
  call.result(result_of(report));
}

std::string suggested_name(const sdk::Payload& payload) {
  std::string name = payload.extra_data()["filename"].string_or("");
  for (const std::string_view ending :
       {".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".lz", ".Z", ".uu"})
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  return name;
}

}  // namespace stoq::plugins::archives
