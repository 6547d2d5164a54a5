// SPDX-License-Identifier: Apache-2.0
//
// What looks for files in other bytes: the floor looks for their magics with memmem and copies or
// decodes what the sample holds.
#include <zlib.h>

#include <cstring>
#include <random>
#include <stdexcept>

#include "bench/extractor.h"
#include "bench/samples.h"
#include "plugins/autoit/tests/writer.h"
#include "plugins/carving/tests/samples.h"

namespace stoq::bench {
namespace {

using std::string_view;

std::string mixed(uint64_t seed, size_t size) {
  Random random(seed);
  return made_bytes(random, size);
}

// Eight files, each behind 2 MiB of other bytes.
struct Hidden {
  std::string content;
  std::vector<size_t> at;
};
template <class Make>
Hidden hide(uint64_t seed, Make&& make) {
  Hidden hidden;
  for (uint64_t i = 0; i < 8; ++i) {
    hidden.content += mixed(seed + i, 2 * kMiB);
    hidden.at.push_back(hidden.content.size());
    hidden.content += make(i);
  }
  return hidden;
}

Extractor pecarve() {
  const auto file = [](uint64_t i) { return test::pe_file(noise(i, 128 << 10)); };
  const size_t size = file(0).size();
  const Hidden hidden = hide(70, [&](uint64_t i) {
    std::string pe = file(i);
    if (i % 2)  // every other one under XOR
      for (char& c : pe) c = static_cast<char>(c ^ 0x5C);
    return pe;
  });
  return {"pecarve",
          "16 MiB with 8 PE files of 128 KiB",
          {hidden.content},
          [at = hidden.at, size](const std::string& in, Sink& sink) {
            look_for(in, string_view("PE\0\0", 4));
            for (size_t i = 0; i < at.size(); ++i) {
              char* const out = sink.room(size);
              std::memcpy(out, in.data() + at[i], size);
              if (i % 2)
                for (size_t k = 0; k < size; ++k) out[k] = static_cast<char>(out[k] ^ 0x5C);
              sink.take({out, size});
            }
          }};
}

Extractor swfcarve() {
  constexpr size_t kFile = 4 * kMiB;
  const auto body = [](uint64_t i) {
    std::string movie("\x08\0\0\x18\1\0\x7F\x15", 8);  // a frame, a rate, then binary data
    movie += test::little(kFile, 4) + test::little(1, 2) + std::string(4, '\0');
    return movie + mixed(90 + i, kFile - 6) + std::string(2, '\0');
  };
  const auto pack = [](const std::string& text) {
    uLongf size = compressBound(text.size());
    std::string out(size, '\0');
    compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
    return out.substr(0, size);
  };
  const size_t length = body(0).size() + 8;
  std::vector<size_t> sizes;
  const Hidden hidden = hide(80, [&](uint64_t i) {
    const std::string packed = pack(body(i));
    sizes.push_back(packed.size());
    return "CWS\x0A" + test::little(length, 4) + packed;
  });
  return {
      "swfcarve",
      "16 MiB with 8 movies of 4 MiB, zlib",
      {hidden.content},
      [at = hidden.at, sizes, length](const std::string& in, Sink& sink) {
        for (const string_view magic : {"FWS", "CWS", "ZWS"}) look_for(in, magic);
        for (size_t i = 0; i < at.size(); ++i) {
          char* const out = sink.room(length);
          std::memcpy(out, "FWS", 3);
          std::memcpy(out + 3, in.data() + at[i] + 3, 5);
          uLongf got = length - 8;
          if (uncompress(reinterpret_cast<Bytef*>(out) + 8, &got,
                         reinterpret_cast<const Bytef*>(in.data()) + at[i] + 8, sizes[i]) != Z_OK)
            throw std::runtime_error("zlib cannot read the movie");
          sink.take({out, length});
        }
      }};
}

Extractor overlay() {
  Random random(1);
  const std::string image = made_file(Kind::png, random), behind = noise(110, 24 * kMiB);
  return {"overlay",
          "24 MiB behind a PNG",
          {image + behind},
          [at = image.size()](const std::string& in, Sink& sink) {
            sink.copy(string_view(in).substr(at));
          }};
}

Extractor hexcarve() {
  const std::string before = words(120, 8 * kMiB) + " = '",
                    digits = hex_digits(test::pe_file(noise(121, 4 * kMiB)));
  return {"hexcarve",
          "text, and a PE of 4 MiB as hex",
          {before + digits + "' zz " + words(122, kMiB)},
          [at = before.size(), size = digits.size()](const std::string& in, Sink& sink) {
            look_for(in, "4d5a");
            decode_hex(string_view(in).substr(at, size), sink);
          }};
}

// A file that a compiled script brings with it, under the password of the tests' writer.
Extractor autoit() {
  const std::string file = noise(90, 16 * kMiB);
  const std::string content =
      test::compiled_script(test::ScriptVersion::ea05, {{"file.bin", "file.bin", file, false}});
  const size_t at = content.size() - std::string_view("AU3!EA05").size() - file.size();
  return {"autoit",
          "a script of AutoIt with a file of 16 MiB, not packed",
          {content},
          [at, size = file.size()](const std::string& in, Sink& sink) {
            std::mt19937 key(0x22AF + 16 * 'p');
            char* const out = sink.room(size);
            adler32_z(1, reinterpret_cast<const Bytef*>(in.data() + at), size);
            for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(in[at + i] ^ key() >> 1);
            sink.take({out, size});
          }};
}

}  // namespace

void add_carvers(const Bench&, std::vector<Extractor>& all) {
  all.push_back(pecarve());
  all.push_back(swfcarve());
  all.push_back(overlay());
  all.push_back(hexcarve());
  all.push_back(autoit());
}

}  // namespace stoq::bench
