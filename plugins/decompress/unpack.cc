// SPDX-License-Identifier: Apache-2.0
#include "unpack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <unordered_map>
#include <utility>

#include "delivery.h"
#include "lzss.h"
#include "rar5.h"
#include "rar_unlock.h"
#include "reader.h"
#include "sniff.h"

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint64_t kMaxMembers = 1'000'000;
constexpr std::size_t kVerified = 64u
                                  << 20;  // of an encrypted member, checked before it is passed on
constexpr int kMaxSearches = 8;  // for a password: members that none fits cost a pass per password
constexpr int kMaxReopens = 64;  // after members that libarchive cannot read past
constexpr std::size_t kPeek = 4096;  // of what a compressed file holds, to tell a tar

std::string text(std::uint64_t n) {
  return std::to_string(n);
}
std::string counted(std::uint64_t n, const char* what) {
  return text(n) + " " + what + (n == 1 ? "" : "s");
}

/// Whether libarchive wants a password, or another one.
bool asks_password(const std::string& why) {
  return why.find("assphrase") != why.npos;
}

/// "begin 644 name": the name.
std::string uu_name(Bytes content) {
  const std::string_view head(reinterpret_cast<const char*>(content.data()),
                              std::min<std::size_t>(content.size(), 1024));
  auto line = head.substr(0, head.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  const auto space = line.find(' ', 6);
  return space == line.npos ? std::string() : std::string(line.substr(space + 1));
}

/// libarchive takes a gzip or bzip2 file that ends too early for an empty one.
bool is_empty_file(const Plan& plan) {
  const auto b = plan.content;
  if (plan.container == Container::gzip) {  // checksum and length
    return b.size() >= 18 && std::all_of(b.end() - 8, b.end(), [](auto c) { return c == 0; });
  }
  return plan.container != Container::bzip2 || b[4] == 0x17;  // the end mark comes first
}

std::string format_of(const Plan& plan) {
  return std::string(plan.container == Container::sevenzip ? "7z" : name_of(plan.container));
}

/// Whether libarchive says that it knows no such compression.
bool lacks_method(const std::string& why) {
  return why.find("nsupported") != why.npos || why.find("nknown codec") != why.npos;
}

/// What the plugin sevenzip does instead.
bool is_for_sevenzip(std::string_view unsupported) {
  if (unsupported.empty()) return false;
  return unsupported == "arj" || unsupported == "wim" || unsupported == "udf" ||
         unsupported.starts_with("7z with ") || unsupported.starts_with("zip with ") ||
         unsupported.starts_with("cab with ") || unsupported.starts_with("lha with ");
}

class Unpacker {
 public:
  Unpacker(const std::string& suggested_name, const Options& options, Sink& sink, Report& report)
      : suggested_name_(suggested_name),
        options_(options),
        delivery_(sink, options.maximum_size),
        report_(report) {}

  void run(Bytes content, const Sniffed& found);

 private:
  enum class Walked : std::uint8_t { whole, failed, stopped };
  using Pulled = Delivery::Pulled;

  void zips(Plan plan, std::size_t prefix);
  Walked zip(Plan plan);
  void rar(Plan plan);
  void compressed(Plan plan, bool weak);
  Walked walk(const Plan& plan);
  void take(Reader& reader, const Plan& plan, std::uint64_t index, Member& member);
  void take_encrypted(Reader& reader, const Plan& plan, std::uint64_t index, Member& member);
  bool find_password(Reader& reader, const Plan& plan, std::uint64_t index, std::string& why);
  bool verify(Reader& reader, std::string& why);

  Walked archive_failed(const Plan& plan, const Reader& reader);
  std::string not_supported(const Plan& plan, std::string_view what) const;
  void list(Member&& member, const Plan& plan);
  std::string no_password_fits() const;
  void error(std::string what);
  void damaged();

  const std::string& suggested_name_;
  const Options& options_;
  Delivery delivery_;
  Report& report_;

  std::vector<bool> rar5_locks_;           // by member
  std::optional<UnlockedRar> unlocked_;    // the plain RAR that is read in place of the other
  bool locked_rar_ = false;                // no password fits
  std::string raw_name_;                   // of the one member of a compressed file
  const std::string* password_ = nullptr;  // the one in use
  int searches_ = 0;
  int reopens_ = 0;
  std::uint64_t locked_ = 0;          // members that no password opened
  std::vector<std::uint8_t> buffer_;  // of `verify`
  bool buffer_is_all_ = false;
  bool recovering_ = false;  // zip: second pass, by local headers
  std::unordered_map<std::size_t, std::uint64_t>
      seen_;             // zip: hashes of names met in the first pass
  std::string failure_;  // why the last walk failed
};

void Unpacker::error(std::string what) {
  report_.error(std::move(what));
}

std::string Unpacker::no_password_fits() const {
  const auto tried = std::count_if(options_.passwords.begin(), options_.passwords.end(),
                                   [](const auto& p) { return !p.empty() && p != "-"; });
  return ": none of " + counted(static_cast<std::uint64_t>(tried), "password") +
         " fits; add the right one to the option passwords";
}

void Unpacker::damaged() {
  if (is_for_sevenzip(report_.unsupported)) return;  // there it is not damaged
  const auto where = report_.unsupported.empty()
                         ? "damaged after " + counted(report_.member_count, "member") + ": "
                         : std::string();
  error(report_.format + ": " + where + failure_);
}

void Unpacker::list(Member&& member, const Plan& plan) {
  const bool others_may = plan.container == Container::zip || plan.container == Container::cab ||
                          plan.container == Container::sevenzip || plan.container == Container::lha;
  if (others_may && member.status.starts_with("damaged: ") && lacks_method(member.status)) {
    member.status.replace(0, 9, "unsupported: ");
  }
  if (member.status.starts_with("unsupported: ")) {
    report_.unsupported = format_of(plan) + " with compression that is not supported";
  }
  report_.list(std::move(member), options_.max_listed_members);
}

std::string Unpacker::not_supported(const Plan& plan, std::string_view what) const {
  return format_of(plan) + " with encrypted " + std::string(what);
}

Unpacker::Walked Unpacker::archive_failed(const Plan& plan, const Reader& reader) {
  failure_ = reader.error();
  const bool no_zip = plan.container != Container::zip && !is_filter(plan.container);
  if (no_zip && (reader.sees_encryption() || failure_.find("ncrypt") != failure_.npos)) {
    report_.unsupported = not_supported(plan, "headers");
  }
  return Walked::failed;
}

/// Reads the current member into `buffer_`: true if its checksum fits, or if it is too long for the
/// buffer and decodes as far as that goes.
bool Unpacker::verify(Reader& reader, std::string& why) {
  buffer_.clear();
  const auto limit = options_.maximum_size != 0
                         ? std::min<std::uint64_t>(options_.maximum_size, kVerified)
                         : kVerified;
  const auto pulled = delivery_.pull(reader, [&](Bytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() <= limit;
  });
  buffer_is_all_ = pulled == Pulled::whole;
  if (pulled == Pulled::damaged) why = reader.error();
  return pulled != Pulled::damaged && !delivery_.stopped();
}

/// Tries the other passwords on member `index`; the reader that fits, with the member read,
/// replaces `reader`.
bool Unpacker::find_password(Reader& reader, const Plan& plan, std::uint64_t index,
                             std::string& why) {
  if (searches_ >= kMaxSearches) return false;
  ++searches_;
  for (const auto& password : options_.passwords) {
    if (password.empty() || password == "-" || &password == password_) continue;
    if (delivery_.cancelled()) return false;
    Reader candidate(plan, &password);
    std::string reason;
    if (candidate.skip(index + 1) && verify(candidate, reason)) {
      password_ = &password;
      reader = std::move(candidate);
      return true;
    }
    if (!asks_password(reason)) why = reason;
  }
  return false;
}

void Unpacker::take_encrypted(Reader& reader, const Plan& plan, std::uint64_t index,
                              Member& member) {
  std::string why, others;
  const bool fits = verify(reader, why);
  const bool asks = asks_password(why);
  if (fits || (!delivery_.stopped() && find_password(reader, plan, index, others))) {
    if (!buffer_.empty() && password_) report_.password = *password_;
    delivery_.deliver(reader, member, buffer_, buffer_is_all_);
    return;
  }
  if (delivery_.stopped()) {
    member.status = "stopped";
    return;
  }
  if (!asks &&
      report_.password) {  // a password that is right elsewhere gets past its check here: damage
    Reader again(plan, password_);
    if (again.skip(index + 1)) {
      reader = std::move(again);
      delivery_.deliver(reader, member);
      return;
    }
  }
  member.status = asks ? "encrypted: no password fits" : "encrypted: not supported";
  if (asks && lacks_method(others)) {
    member.status = "unsupported: " + others;
  } else if (asks) {
    ++locked_;
    if (!others.empty())
      error(member.name + ": a password passed the quick check, but then: " + others);
  } else {
    report_.unsupported = not_supported(plan, "content");
    if (!is_for_sevenzip(report_.unsupported)) error(member.name + ": " + why);
  }
}

void Unpacker::take(Reader& reader, const Plan& plan, std::uint64_t index, Member& member) {
  const bool linked_content =
      member.kind == Kind::hardlink && member.has_size && member.declared_size > 0;
  if (member.kind != Kind::file && !linked_content) {
    member.status = member.kind == Kind::directory ? "skipped: directory"
                    : member.kind == Kind::device  ? "skipped: device"
                    : member.kind == Kind::other   ? "skipped: special file"
                                                   : "skipped: link";
  } else if (member.has_size && delivery_.is_over(member.declared_size)) {
    member.status = delivery_.too_large(member.declared_size);
  } else if (!member.encrypted) {
    delivery_.deliver(reader, member);
  } else if (plan.container == Container::zip) {
    take_encrypted(reader, plan, index, member);
  } else if (locked_rar_) {
    member.status = "encrypted: no password fits";
    ++locked_;
  } else {
    member.status = "encrypted: not supported";
    report_.unsupported = not_supported(plan, "content");
  }
}

Unpacker::Walked Unpacker::walk(const Plan& plan) {
  Reader reader(plan, password_);
  for (std::uint64_t index = 0;; ++index) {
    if (delivery_.cancelled()) return Walked::stopped;
    Member member;
    const auto next = reader.next(member);
    if (next == Reader::Next::end) return Walked::whole;
    if (next == Reader::Next::failed) return archive_failed(plan, reader);
    if (index == 0) report_.filters = reader.filters();
    if (report_.member_count >= kMaxMembers) {
      error("more than " + text(kMaxMembers) + " members: the others were not read");
      return Walked::stopped;
    }
    const bool only_one = is_filter(plan.container) && plan.inside == Container::none;
    if (only_one && member.name.empty()) member.name = raw_name_;
    if (plan.container == Container::zip) {
      const auto key = std::hash<std::string>{}(member.name);
      if (!recovering_) {
        ++seen_[key];
      } else if (auto known = seen_.find(key); known != seen_.end() && known->second > 0) {
        --known->second;
        continue;
      }
    }
    if (index < rar5_locks_.size() && rar5_locks_[index]) member.encrypted = true;
    const bool was_locked =
        unlocked_ && index < unlocked_->opened.locked.size() && unlocked_->opened.locked[index];
    if (next == Reader::Next::bad) {
      member.status = "damaged: " + reader.error();
    } else {
      if (next == Reader::Next::warned) error(member.name + ": " + reader.error());
      take(reader, plan, index, member);
    }
    member.encrypted = member.encrypted || was_locked;
    list(std::move(member), plan);
    if (delivery_.stopped()) return Walked::stopped;
    if (only_one) return Walked::whole;
    if (reader.dead() && !is_filter(plan.container) && reopens_ < kMaxReopens) {
      ++reopens_;
      const auto why = reader.error();
      reader = Reader(plan, password_);
      if (!reader.skip(index + 1)) {
        failure_ = why;
        return Walked::failed;
      }
    }
  }
}

/// By the central directory; where that fails, what it did not give is looked for by local headers.
Unpacker::Walked Unpacker::zip(Plan plan) {
  seen_.clear();
  recovering_ = false;
  const auto before = report_.member_count;
  auto walked = walk(plan);
  const bool lists_nothing =
      walked == Walked::whole && report_.member_count == before && plan.content[2] == '\3';
  if (walked != Walked::failed && !lists_nothing) return walked;
  const auto why = lists_nothing ? "it lists nothing" : failure_;
  const void* first = memmem(plan.content.data(), plan.content.size(), "PK\3\4", 4);
  if (!first) {
    if (plan.content[2] != '\5') damaged();  // else an empty zip
    return walked;
  }
  plan.content = plan.content.subspan(
      static_cast<std::size_t>(static_cast<const std::uint8_t*>(first) - plan.content.data()));
  plan.streaming = recovering_ = true;
  const auto listed = report_.member_count;
  walked = walk(plan);
  if (const auto found = report_.member_count - listed; found > 0) {
    error("zip: the central directory is unusable (" + why + "): " + counted(found, "member") +
          " found by local headers");
  }
  if (walked == Walked::failed) damaged();
  return walked;
}

/// Bytes before the first member that are a zip of their own (two zips in one file) are read as
/// well.
void Unpacker::zips(Plan plan, std::size_t prefix) {
  while (zip(plan) != Walked::stopped && prefix > 0) {
    plan.content = plan.content.first(prefix);
    const auto before = sniff(plan.content);
    if (before.container != Container::zip) return;
    error("zip: another zip of " + counted(prefix, "byte") + " lies before it: both were unpacked");
    prefix = before.zip_prefix;
  }
}

/// An archive of which something is encrypted is read from a copy in which it is not.
void Unpacker::rar(Plan plan) {
  if (rar_has_lock(plan)) {
    unlocked_ = unlock_rar(plan, options_.passwords, [this] { return delivery_.cancelled(); });
    locked_rar_ = !unlocked_;
    if (unlocked_) {
      report_.password = *unlocked_->password;
      plan.content = unlocked_->opened.archive;
    }
  }
  if (plan.container == Container::rar5) rar5_locks_ = rar5_locks(plan.content);
  if (walk(plan) != Walked::failed) return;
  if (!locked_rar_ || report_.member_count > 0) return damaged();
  report_.unsupported.clear();
  error(not_supported(plan, "headers") + no_password_fits());
}

/// One layer of compression: looks at the first bytes below it, then reads a tar, a cpio or one
/// plain member.
void Unpacker::compressed(Plan plan, bool weak) {
  raw_name_ = plan.container == Container::uu ? to_text(uu_name(plan.content)) : std::string();
  if (raw_name_.empty()) raw_name_ = suggested_name_.empty() ? "data" : to_text(suggested_name_);

  std::vector<std::uint8_t> head;
  Reader peek(plan, nullptr);
  Member member;
  const auto next = peek.next(member);
  if (next == Reader::Next::member || next == Reader::Next::warned) {
    delivery_.pull(peek, [&](Bytes bytes) {
      head.insert(head.end(), bytes.begin(),
                  bytes.begin() + static_cast<long>(std::min(bytes.size(), kPeek - head.size())));
      return head.size() < kPeek;
    });
  }
  if (weak && head.empty() && !delivery_.stopped()) {
    report_ = Report{};
    return;
  }
  report_.filters = {std::string(name_of(plan.container))};
  if (next == Reader::Next::end) {
    if (!is_empty_file(plan)) return error(report_.format + ": damaged: it ends too early");
    member.name = raw_name_;
    delivery_.deliver_empty(member);
    list(std::move(member), plan);
    return;
  }
  plan.inside = sniff_inside(head);
  if (plan.inside != Container::none) report_.format = name_of(plan.inside);
  if (walk(plan) == Walked::failed) damaged();
}

void Unpacker::run(Bytes content, const Sniffed& found) {
  const Plan plan{content.subspan(found.begin, found.end - found.begin), found.container};
  if (plan.container == Container::rpm) report_.format = name_of(Container::cpio);
  if (plan.container == Container::zip) {
    zips(plan, found.zip_prefix);
  } else if (plan.container == Container::rar || plan.container == Container::rar5) {
    rar(plan);
  } else if (is_filter(plan.container)) {
    compressed(plan, found.weak);
  } else if (walk(plan) == Walked::failed) {
    damaged();
  }
  if (locked_ > 0) {
    error(counted(locked_, "encrypted member") + no_password_fits());
  }
  report_.stopped = delivery_.stopped();
  report_.close_errors();
}

}  // namespace

Report unpack(Bytes content, const std::string& suggested_name, const Options& options,
              Sink& sink) {
  Report report;
  const auto found = sniff(content);
  report.unsupported = found.unsupported;
  report.is_archive = found.container != Container::none || !found.unsupported.empty();
  report.passed_on = is_for_sevenzip(report.unsupported);
  if (found.container == Container::none) return report;
  report.format = name_of(found.container);
  if (found.container == Container::szdd || found.container == Container::kwaj) {
    expand(content, *ms_compressed(content), suggested_name, options, sink, report);
    return report;
  }
  const Utf8Locale utf8;
  Unpacker(suggested_name, options, sink, report).run(content, found);
  report.passed_on = is_for_sevenzip(report.unsupported);
  return report;
}

}  // namespace stoq::plugins::decompress
