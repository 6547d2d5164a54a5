// SPDX-License-Identifier: Apache-2.0
#include "rar_unlock.h"

#include <algorithm>

namespace stoq::plugins::decompress {
namespace {

constexpr std::uint64_t kEnough = 64u << 20;  // bytes that unpack without a complaint

/// Whether the first file that was locked unpacks, which only the right password lets it do.
bool unpacks(const OpenedRar& rar) {
  const auto first = std::find(rar.locked.begin(), rar.locked.end(), true);
  if (first == rar.locked.end()) return true;  // headers alone: their checksums fitted
  Reader reader(Plan{rar.archive, Container::rar}, nullptr);
  if (!reader.skip(static_cast<std::uint64_t>(first - rar.locked.begin()) + 1)) return false;
  std::uint64_t size = 0;
  for (Reader::Block block; size < kEnough; size += block.gap + block.bytes.size()) {
    const auto read = reader.read(block);
    if (read != Reader::Read::data) return read == Reader::Read::end;
  }
  return true;
}

std::optional<OpenedRar> open_with(const Plan& plan, const std::string& password) {
  if (plan.container == Container::rar5) return open_rar5(plan.content, password);
  const auto first = open_rar4(plan.content, password, true);
  if (!first || !unpacks(*first)) return std::nullopt;
  return open_rar4(plan.content, password, false);
}

}  // namespace

bool rar_has_lock(const Plan& plan) {
  return plan.container == Container::rar5 ? rar5_has_lock(plan.content)
                                           : rar4_has_lock(plan.content);
}

std::optional<UnlockedRar> unlock_rar(const Plan& plan, const std::vector<std::string>& passwords,
                                      const std::function<bool()>& cancelled) {
  for (const std::string& password : passwords) {
    if (password.empty() || password == "-") continue;
    if (cancelled()) return std::nullopt;
    if (auto opened = open_with(plan, password)) return UnlockedRar{std::move(*opened), &password};
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::decompress
