// SPDX-License-Identifier: Apache-2.0
#include "package_writer.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace office_samples {
namespace {

const std::uint8_t* raw(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string digest(const std::string& hash, const std::string& text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size,
             EVP_get_digestbyname(hash.c_str()), nullptr);
  return out.substr(0, size);
}

std::string aes(const char* cipher, const std::string& key, const std::string& iv,
                std::string text) {
  text.resize((text.size() + 15) / 16 * 16, '\0');
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int size = 0;
  std::string out(text.size() + 16, '\0');
  const bool done = EVP_EncryptInit_ex(context, EVP_get_cipherbyname(cipher), nullptr, raw(key),
                                       iv.empty() ? nullptr : raw(iv)) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                    EVP_EncryptUpdate(context, reinterpret_cast<std::uint8_t*>(out.data()), &size,
                                      raw(text), static_cast<int>(text.size())) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!done) throw std::runtime_error("cannot encrypt");
  return out.substr(0, text.size());
}

std::string base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(out.data()), raw(text),
                  static_cast<int>(text.size()));
  out.pop_back();
  return out;
}

std::string spun(const std::string& hash, const std::string& salt, const std::string& password,
                 unsigned spins) {
  std::string h = digest(hash, salt + utf16(password));
  for (unsigned i = 0; i < spins; ++i) h = digest(hash, le(i, 4) + h);
  return h;
}

std::string document(const std::string& info, const std::string& package) {
  return compound({stream("EncryptionInfo", info), stream("EncryptedPackage", package)});
}

}  // namespace

std::string encrypted_standard(const std::string& package, const std::string& password) {
  const std::string salt = "0123456789abcdef", verifier = "the verifier's 16";
  const std::string h = digest("SHA1", spun("SHA1", salt, password, 50'000) + le(0, 4));
  std::string block(64, '\x36');
  for (std::size_t i = 0; i < h.size(); ++i) block[i] = static_cast<char>(block[i] ^ h[i]);
  const std::string key = digest("SHA1", block).substr(0, 16);
  const std::string input = verifier.substr(0, 16);
  const std::string provider = utf16("Microsoft Enhanced RSA and AES Cryptographic Provider", true);
  const std::string header = le(0x24, 4) + le(0, 4) + le(0x660E, 4) + le(0x8004, 4) + le(128, 4) +
                             le(0x18, 4) + le(0, 8) + provider;
  const std::string info = le(3, 2) + le(2, 2) + le(0x24, 4) + le(header.size(), 4) + header +
                           le(16, 4) + salt + aes("aes-128-ecb", key, "", input) + le(20, 4) +
                           aes("aes-128-ecb", key, "", digest("SHA1", input));
  return document(info, le(package.size(), 8) + aes("aes-128-ecb", key, "", package));
}

std::string encrypted_agile(const std::string& package, const std::string& password,
                            const std::string& hash, unsigned spins) {
  const bool large = hash == "SHA512";
  const std::size_t key_size = large ? 32 : 16;
  const char* const cipher = large ? "aes-256-cbc" : "aes-128-cbc";
  const std::string salt = "salt of the keys", data_salt = "salt of the data",
                    input = "verifier, 16 too", key = std::string(key_size, 'k');
  const std::string h = spun(hash, salt, password, spins);
  const auto wrap = [&](const std::string& purpose, const std::string& text) {
    std::string unlocking = digest(hash, h + purpose);
    unlocking.resize(key_size, '\x36');
    return base64(aes(cipher, unlocking, salt, text));
  };
  const std::string common =
      "saltSize=\"16\" blockSize=\"16\" keyBits=\"" + std::to_string(key_size * 8) +
      "\" hashSize=\"" + std::to_string(digest(hash, "").size()) +
      "\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"" + hash +
      "\" saltValue=\"";
  const std::string empty = base64(std::string(64, '\0'));
  const std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<encryption "
      "xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" "
      "xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData " +
      common + base64(data_salt) + "\"/><dataIntegrity encryptedHmacKey=\"" + empty +
      "\" encryptedHmacValue=\"" + empty +
      "\"/><keyEncryptors><keyEncryptor "
      "uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><p:encryptedKey "
      "spinCount=\"" +
      std::to_string(spins) + "\" " + common + base64(salt) + "\" encryptedVerifierHashInput=\"" +
      wrap("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", input) + "\" encryptedVerifierHashValue=\"" +
      wrap("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", digest(hash, input)) + "\" encryptedKeyValue=\"" +
      wrap("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", key) +
      "\"/></keyEncryptor></keyEncryptors></encryption>";
  std::string data;
  for (std::size_t at = 0, i = 0; at < package.size(); at += 4096, ++i)
    data += aes(cipher, key, digest(hash, data_salt + le(i, 4)).substr(0, 16),
                package.substr(at, 4096));
  return document(le(4, 2) + le(4, 2) + le(0x40, 4) + xml, le(package.size(), 8) + data);
}

}  // namespace office_samples
