// SPDX-License-Identifier: Apache-2.0
//
// libmagic, with its database mapped once for all threads: a further cookie costs microseconds and
// needs no file, so that it can be made inside a sandbox.
#pragma once

#include <magic.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::mimetype {

// What libmagic is shown of a payload. Less misses JSON (which it knows only when it is whole) and
// disc images; more buys little and costs milliseconds.
inline constexpr size_t kLooked = 1 << 20;

// The compiled databases of libmagic's path. Thread-safe once made.
class Database {
 public:
  // `path`: as in $MAGIC, names without .mgc, separated by colons. Throws sdk::Error when there is
  // no database among them, or one that this libmagic cannot use.
  explicit Database(std::string_view path);
  static std::string default_path();

 private:
  friend class Cookie;
  struct Unmap {
    size_t size;
    void operator()(void* map) const;
  };
  using Map = std::unique_ptr<void, Unmap>;

  std::string add(const std::string& file);  // what became of it

  std::vector<Map> maps_;
};

// One thread at a time; the database must outlive it.
class Cookie {
 public:
  explicit Cookie(const Database& database);
  // "text/plain"; valid until the next call. Throws sdk::Error when libmagic fails.
  std::string_view type_of(std::span<const uint8_t> content);

 private:
  std::unique_ptr<magic_set, void (*)(magic_t)> magic_;
};

}  // namespace stoq::plugins::mimetype
