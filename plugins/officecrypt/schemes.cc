// SPDX-License-Identifier: Apache-2.0
#include "schemes.h"

#include <algorithm>
#include <charconv>

#include "office/base64.h"

namespace stoq::plugins::officecrypt {
namespace {

constexpr std::uint32_t kMostSpins = 10'000'000;  // the format's own limit
constexpr std::size_t kSegment = 4096, kMostValue = 4096;

bool aes_has(std::uint32_t key_bits) {
  return key_bits == 128 || key_bits == 192 || key_bits == 256;
}

std::string cipher_name(std::size_t key_bits, bool cbc) {
  return "AES-" + std::to_string(key_bits) + (cbc ? "-CBC" : "-ECB");
}

// ---- standard: AES in ECB, SHA-1, 50 000 rounds

class Standard final : public Scheme {
 public:
  bool read(Bytes info, std::string& problem) {
    office::Cursor in(info);
    in.skip(8);
    office::Cursor header(in.take(in.u32()));
    header.skip(8);
    const std::uint32_t algorithm = header.u32();
    header.skip(4);
    const std::uint32_t bits = header.u32();
    const std::uint32_t salt_size = in.u32();
    const Bytes salt = in.take(16), input = in.take(16);
    in.skip(4);
    const Bytes value = in.take(32);
    if (!header.ok() || !in.ok() || salt_size != 16) {
      problem = "the stream EncryptionInfo is cut short or damaged";
      return false;
    }
    if (algorithm < 0x660E || algorithm > 0x6610 || !aes_has(bits)) {
      problem = "unsupported: algorithm " + std::to_string(algorithm) + " with a key of " +
                std::to_string(bits) + " bits";
      return false;
    }
    salt_.assign(salt.begin(), salt.end());
    input_.assign(input.begin(), input.end());
    value_.assign(value.begin(), value.end());
    key_size_ = bits / 8;
    name = "standard";
    cipher = cipher_name(bits, false);
    hash = "SHA1";
    spin_count = 50'000;
    return true;
  }

  Try attempt(std::string_view password, const std::function<bool()>& cancelled) override {
    const Digest sha1 = *Digest::of("SHA1");
    Block h = sha1(salt_, utf16_of(password));
    if (!sha1.spin(h, spin_count, cancelled)) return Try::cancelled;
    h = sha1(h, little_endian(0));
    key_.clear();
    for (const std::uint8_t pad : {0x36, 0x5C}) {
      Block block(64, pad);
      for (std::size_t i = 0; i < h.size(); ++i) block[i] ^= h[i];
      const Block part = sha1(block);
      key_.insert(key_.end(), part.begin(), part.end());
    }
    key_.resize(key_size_);
    const Block wanted = sha1(decrypt_aes(key_, Chaining::ecb, {}, input_));
    const Block got = decrypt_aes(key_, Chaining::ecb, {}, value_);
    return std::equal(wanted.begin(), wanted.end(), got.begin()) ? Try::fits : Try::wrong;
  }

  Block decrypt(Bytes package) const override {
    return decrypt_aes(key_, Chaining::ecb, {}, package);
  }

 private:
  Block salt_, input_, value_, key_;
  std::size_t key_size_ = 0;
};

// ---- agile: an XML document names everything

// The value of an attribute in the first element of that name; without a prefix in `element`.
std::string_view attribute(std::string_view xml, std::string_view element, std::string_view name) {
  for (std::size_t at = xml.find(element); at != xml.npos; at = xml.find(element, at + 1)) {
    const std::size_t behind = at + element.size();
    if (at == 0 || (xml[at - 1] != '<' && xml[at - 1] != ':') || behind >= xml.size() ||
        (xml[behind] != ' ' && xml[behind] != '\t' && xml[behind] != '\n' && xml[behind] != '\r'))
      continue;
    const std::string_view tag = xml.substr(at, xml.find('>', at) - at);
    for (std::size_t here = tag.find(name); here != tag.npos; here = tag.find(name, here + 1)) {
      const std::string_view rest = tag.substr(here + name.size());
      const char before = tag[here - 1];
      if ((before != ' ' && before != '\n' && before != '\r' && before != '\t') ||
          rest.size() < 2 || rest[0] != '=' || (rest[1] != '"' && rest[1] != '\''))
        continue;
      return rest.substr(2, rest.find(rest[1], 2) - 2);
    }
    return {};
  }
  return {};
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Block fitted(Block block, std::size_t size) {
  block.resize(size, 0x36);
  return block;
}

class Agile final : public Scheme {
 public:
  bool read(Bytes info, std::string& problem) {
    const std::string_view xml = office::view_of(office::part_of(info, 8));
    const auto binary = [&](std::string_view element, std::string_view what) {
      return office::from_base64(attribute(xml, element, what).substr(0, kMostValue));
    };
    data_salt_ = binary("keyData", "saltValue");
    salt_ = binary("encryptedKey", "saltValue");
    input_ = binary("encryptedKey", "encryptedVerifierHashInput");
    value_ = binary("encryptedKey", "encryptedVerifierHashValue");
    wrapped_ = binary("encryptedKey", "encryptedKeyValue");
    const std::uint32_t bits = number(attribute(xml, "encryptedKey", "keyBits"));
    const std::uint32_t data_bits = number(attribute(xml, "keyData", "keyBits"));
    key_size_ = bits / 8;
    data_key_size_ = data_bits / 8;
    spin_count = number(attribute(xml, "encryptedKey", "spinCount"));
    name = "agile";
    hash = attribute(xml, "encryptedKey", "hashAlgorithm");
    data_hash_ = attribute(xml, "keyData", "hashAlgorithm");
    cipher = cipher_name(data_bits, true);
    if (data_salt_.empty() || salt_.empty() || input_.empty() || value_.empty() ||
        wrapped_.empty()) {
      problem = "the stream EncryptionInfo is cut short or damaged";
      return false;
    }
    for (const std::string_view element : {"keyData", "encryptedKey"})
      if (attribute(xml, element, "cipherAlgorithm") != "AES" ||
          attribute(xml, element, "cipherChaining") != "ChainingModeCBC" ||
          attribute(xml, element, "blockSize") != "16") {
        problem = "unsupported: " + bounded(attribute(xml, element, "cipherAlgorithm")) + " with " +
                  bounded(attribute(xml, element, "cipherChaining"));
        return false;
      }
    if (!aes_has(bits) || !aes_has(data_bits)) {
      problem = "unsupported: AES with keys of " + std::to_string(bits) + " and " +
                std::to_string(data_bits) + " bits";
      return false;
    }
    if (!Digest::of(hash) || !Digest::of(data_hash_)) {
      problem = "unsupported: digest " + bounded(hash);
      return false;
    }
    if (spin_count > kMostSpins) {
      problem = "it asks for " + std::to_string(spin_count) +
                " rounds a password; the format allows " + std::to_string(kMostSpins);
      return false;
    }
    return true;
  }

  Try attempt(std::string_view password, const std::function<bool()>& cancelled) override {
    const Digest digest = *Digest::of(hash);
    Block h = digest(salt_, utf16_of(password));
    if (!digest.spin(h, spin_count, cancelled)) return Try::cancelled;
    const auto unwrap = [&](std::initializer_list<std::uint8_t> purpose, Bytes data) {
      const Block key = fitted(digest(h, Block(purpose)), key_size_);
      return decrypt_aes(key, Chaining::cbc, fitted(salt_, 16), data);
    };
    Block input = unwrap({0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79}, input_);
    const Block value = unwrap({0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E}, value_);
    input.resize(std::min(input.size(), salt_.size()));
    const Block wanted = digest(input);
    if (input.empty() || value.size() < wanted.size() ||
        !std::equal(wanted.begin(), wanted.end(), value.begin()))
      return Try::wrong;
    key_ = unwrap({0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6}, wrapped_);
    key_.resize(std::min(key_.size(), data_key_size_));
    return Try::fits;
  }

  Block decrypt(Bytes package) const override {
    const Digest digest = *Digest::of(data_hash_);
    Block out;
    for (std::uint32_t i = 0; i * std::uint64_t{kSegment} < package.size(); ++i) {
      const Block iv = fitted(digest(data_salt_, little_endian(i)), 16);
      const Block part = decrypt_aes(
          key_, Chaining::cbc, iv, office::part_of(package, i * std::uint64_t{kSegment}, kSegment));
      out.insert(out.end(), part.begin(), part.end());
    }
    return out;
  }

 private:
  static std::string bounded(std::string_view text) {
    return text.empty() ? "no name" : office::utf8_start(text, 40);
  }

  Block data_salt_, salt_, input_, value_, wrapped_, key_;
  std::size_t key_size_ = 0, data_key_size_ = 0;
  std::string data_hash_;
};

template <class Kind>
std::unique_ptr<Scheme> read_as(Bytes info, std::string& problem) {
  auto scheme = std::make_unique<Kind>();
  if (!scheme->read(info, problem)) return nullptr;
  return scheme;
}

}  // namespace

std::unique_ptr<Scheme> read_scheme(Bytes info, std::string& problem) {
  const auto major = office::number_at<std::uint16_t>(info, 0);
  const auto minor = office::number_at<std::uint16_t>(info, 2);
  if (major == 4 && minor == 4) return read_as<Agile>(info, problem);
  if (major >= 2 && major <= 4 && minor == 2) return read_as<Standard>(info, problem);
  problem =
      "unsupported: encryption of version " + std::to_string(major) + "." + std::to_string(minor);
  return nullptr;
}

}  // namespace stoq::plugins::officecrypt
