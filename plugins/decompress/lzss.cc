// SPDX-License-Identifier: Apache-2.0
#include "lzss.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "kwaj.h"
#include "output.h"
#include "reader.h"

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace std::string_view_literals;

constexpr std::size_t kWindow = 4096;

bool begins(Bytes b, std::string_view magic) {
  return b.size() >= magic.size() && std::memcmp(b.data(), magic.data(), magic.size()) == 0;
}

/// Reads the optional fields of a KWAJ header; what lies behind the end is zero and unsets `ok`.
class Fields {
 public:
  Fields(Bytes bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  std::uint32_t number(int size) {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) value |= static_cast<std::uint32_t>(byte()) << (8 * i);
    return value;
  }
  std::string text(std::size_t most) {
    std::string out;
    for (std::uint8_t c; out.size() < most && (c = byte()) != 0;) out += static_cast<char>(c);
    return out;
  }
  void skip(std::size_t count) { at_ += count; }
  bool ok() const { return at_ <= bytes_.size(); }

 private:
  std::uint8_t byte() {
    const std::size_t at = at_++;
    return at < bytes_.size() ? bytes_[at] : std::uint8_t{0};
  }
  Bytes bytes_;
  std::size_t at_;
};

std::optional<MsCompressed> kwaj(Bytes b) {
  Fields fields(b, 8);
  MsCompressed file;
  const auto method = fields.number(2);
  if (method > 4) return std::nullopt;
  file.method = static_cast<MsCompressed::Method>(method);
  file.begin = fields.number(2);
  file.window_start = kWindow - 18;
  const auto flags = fields.number(2);
  if (flags & 1) file.size = fields.number(4);
  if (flags & 2) fields.skip(2);
  if (flags & 4) fields.skip(fields.number(2));
  if (flags & 8) file.name = fields.text(9);
  if (flags & 16) file.name += "." + fields.text(4);
  if (!fields.ok() || file.begin < 14 || file.begin > b.size()) return std::nullopt;
  return file;
}

/// False: the output wants no more.
bool expand_lzss(Bytes in, std::size_t at, Output& out) {
  std::array<std::uint8_t, kWindow> window;
  window.fill(' ');
  const auto give = [&](std::uint8_t byte) {
    window[at++ % kWindow] = byte;
    return out.put(byte);
  };
  for (std::size_t i = 0; i < in.size();) {
    const unsigned flags = in[i++];
    for (int bit = 0; bit < 8 && i < in.size() && !out.full(); ++bit) {
      if (flags >> bit & 1) {
        if (!give(in[i++])) return false;
        continue;
      }
      if (in.size() - i < 2) return true;
      const unsigned low = in[i], high = in[i + 1];
      i += 2;
      const std::size_t from = low | (high & 0xF0) << 4;
      for (std::size_t k = 0; k < (high & 0x0F) + 3 && !out.full(); ++k)
        if (!give(window[(from + k) % kWindow])) return false;
    }
    if (out.full()) break;
  }
  return true;
}

bool copy(Bytes in, std::uint8_t mask, Output& out) {
  for (const std::uint8_t byte : in) {
    if (out.full()) break;
    if (!out.put(byte ^ mask)) return false;
  }
  return true;
}

bool expand_by(const MsCompressed& file, Bytes data, Output& out) {
  using Method = MsCompressed::Method;
  switch (file.method) {
    case Method::lzss:
      return expand_lzss(data, file.window_start, out);
    case Method::lzh:
      return expand_lzh(data, out);
    case Method::mszip:
      return expand_mszip(data, out);
    default:
      return copy(data, file.method == Method::inverted ? 0xFF : 0, out);
  }
}

}  // namespace

std::optional<MsCompressed> ms_compressed(Bytes b) {
  if (begins(b, "KWAJ\x88\xF0\x27\xD1"sv)) return kwaj(b);
  MsCompressed file;
  if (begins(b, "SZDD\x88\xF0\x27\x33\x41"sv) && b.size() >= 14) {
    file.begin = 14, file.window_start = kWindow - 16;
    file.last_letter = static_cast<char>(b[9]);
    file.size = Fields(b, 10).number(4);
    return file;
  }
  if (begins(b, "SZ \x88\xF0\x27\x33\xD1"sv) && b.size() >= 12) {
    file.begin = 12, file.window_start = kWindow - 18;
    file.size = Fields(b, 8).number(4);
    return file;
  }
  return std::nullopt;
}

void expand(Bytes content, const MsCompressed& file, const std::string& suggested_name,
            const archives::Options& options, archives::Sink& sink, archives::Report& report) {
  archives::Member member;
  member.name = to_text(!file.name.empty()       ? file.name
                        : suggested_name.empty() ? "data"
                                                 : suggested_name);
  const bool told = file.last_letter > ' ' && file.last_letter < 127;
  if (file.name.empty() && member.name.ends_with('_') && told)
    member.name.back() = file.last_letter;
  member.has_size = file.size.has_value();
  member.declared_size = file.size.value_or(0);

  auto flow = sink.begin(member);
  Output out(sink, member, file.size.value_or(~std::uint64_t{0}), options.maximum_size);
  const Bytes data = content.subspan(file.begin);
  const bool all = flow == archives::Flow::go_on && expand_by(file, data, out) && out.flush();
  if (all && file.size && member.size < *file.size)
    member.status = "damaged: it ends after " + std::to_string(member.size) + " of " +
                    std::to_string(*file.size) + " bytes";
  if (member.status.empty()) member.status = all ? "extracted" : "stopped";
  if (sink.end(member.status == "extracted") == archives::Flow::stop) flow = archives::Flow::stop;
  report.stopped = flow == archives::Flow::stop || member.status == "stopped";
  report.list(std::move(member), options.max_listed_members);
}

}  // namespace stoq::plugins::decompress
