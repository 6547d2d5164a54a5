// SPDX-License-Identifier: Apache-2.0
#include "package.h"

#include "office/compound.h"
#include "schemes.h"

namespace stoq::plugins::officecrypt {
namespace {

using office::CompoundFile;
using office::Sink;

std::string meta_of(const Options& options, const std::string& password, bool incomplete) {
  sdk::JsonWriter w;
  w.begin_object().member("should_archive", options.archive).key("extra_data").begin_object();
  w.member("filename",
           std::string_view(options.file_name.empty() ? "decrypted" : options.file_name));
  w.member("password", std::string_view(password));
  if (incomplete) w.member("incomplete", true);
  return w.end_object().end_object().take();
}

}  // namespace

std::string decrypt_package(Bytes content, const Options& options, Sink& sink) {
  auto file = CompoundFile::open(content);
  if (!file) return {};
  const std::size_t entry = file->find("EncryptedPackage");
  if (entry == CompoundFile::kNone) return {};

  sdk::JsonWriter w;
  w.begin_object();
  const auto finish = [&](std::string_view status) {
    return w.member("status", status).end_object().take();
  };
  std::string problem;
  const auto scheme = read_scheme(file->read("EncryptionInfo"), problem);
  if (!scheme) {
    sink.error(problem);
    return finish(problem.starts_with("unsupported") ? "unsupported" : "damaged");
  }
  w.member("encryption", std::string_view(scheme->name))
      .member("cipher", std::string_view(scheme->cipher))
      .member("hash", std::string_view(scheme->hash))
      .member("spin_count", scheme->spin_count);

  unsigned tried = 0;
  for (const std::string& password : options.passwords) {
    if (password.empty() || password == "-") continue;
    ++tried;
    const auto found = scheme->attempt(password, [&] { return sink.cancelled(); });
    if (found == Scheme::Try::cancelled) {
      sink.error("time was up while password " + std::to_string(tried) + " was tried");
      return finish("time was up");
    }
    if (found == Scheme::Try::wrong) continue;
    w.member("password", std::string_view(password));
    const CompoundFile::Content package = file->read(entry);
    const auto size = office::number_at<std::uint64_t>(package.bytes, 0);
    Block plain = scheme->decrypt(office::part_of(package.bytes, 8));
    const bool whole = plain.size() >= size;
    if (whole) plain.resize(static_cast<std::size_t>(size));
    if (!whole)
      sink.error("the encrypted package is cut short: it has " + std::to_string(plain.size()) +
                 " of " + std::to_string(size) + " bytes");
    if (!plain.empty()) sink.give(plain, meta_of(options, password, !whole));
    return finish(whole ? "decrypted" : "damaged");
  }
  sink.error("encrypted: none of " + std::to_string(tried) + " passwords fits (option passwords)");
  return finish("no password fits");
}

}  // namespace stoq::plugins::officecrypt
