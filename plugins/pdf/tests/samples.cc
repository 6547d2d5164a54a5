// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <zlib.h>

namespace pdf_samples {

using namespace std::string_literals;

std::string flate(const std::string& data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
           data.size());
  out.resize(size);
  return out;
}

std::string ascii_hex(const std::string& data) {
  std::string out;
  for (const char c : data) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out + ">";
}

std::string ascii85(const std::string& data) {
  std::string out;
  for (size_t i = 0; i < data.size(); i += 4) {
    const size_t count = std::min<size_t>(4, data.size() - i);
    unsigned long group = 0;
    for (size_t k = 0; k < 4; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(data[i + k]) : 0);
    if (group == 0 && count == 4) {
      out += 'z';
      continue;
    }
    std::string digits(5, '!');
    for (size_t k = 5; k-- > 0; group /= 85) digits[k] = static_cast<char>('!' + group % 85);
    out += digits.substr(0, count + 1);
  }
  return out + "~>";
}

std::string run_length(const std::string& data) {
  std::string out;
  for (size_t i = 0; i < data.size();) {
    size_t run = 1;
    while (i + run < data.size() && run < 128 && data[i + run] == data[i]) ++run;
    if (run > 1) {
      out += static_cast<char>(257 - run);
      out += data[i];
      i += run;
    } else {
      out += '\0';
      out += data[i++];
    }
  }
  return out + '\x80';
}

// Literals alone, with a clear code before the width would grow: valid, if not short.
std::string lzw(const std::string& data) {
  std::string out;
  unsigned bits = 0, count = 0;
  const auto put = [&](unsigned code) {
    bits = bits << 9 | code;
    for (count += 9; count >= 8; count -= 8) out += static_cast<char>(bits >> (count - 8));
  };
  for (size_t i = 0; i < data.size(); ++i) {
    if (i % 200 == 0) put(256);
    put(static_cast<unsigned char>(data[i]));
  }
  put(257);
  if (count > 0) out += static_cast<char>(bits << (8 - count));
  return out;
}

std::string stream(const std::string& dict, const std::string& data) {
  return "<<" + dict + "/Length " + std::to_string(data.size()) + ">>\nstream\n" + data +
         "\nendstream";
}

static std::string table_line(size_t offset) {
  std::string digits = std::to_string(offset);
  return std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
}

std::string document(const std::vector<std::string>& objects, const std::string& trailer) {
  std::string out = "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", table = "0000000000 65535 f \n";
  for (size_t i = 0; i < objects.size(); ++i) {
    table += table_line(out.size());
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::string start = std::to_string(out.size()), size = std::to_string(objects.size() + 1);
  return out + "xref\n0 " + size + "\n" + table + "trailer\n<</Size " + size + "/Root 1 0 R" +
         trailer + ">>\nstartxref\n" + start + "\n%%EOF\n";
}

std::string packed(const std::vector<std::string>& objects) {
  std::string out = "%PDF-1.7\n", heads, bodies;
  const auto number = [](size_t value, int size) {
    std::string bytes;
    while (size-- > 0) bytes += static_cast<char>(value >> 8 * size);
    return bytes;
  };
  const size_t holder = objects.size() + 1, table = objects.size() + 2;
  std::string entries = number(0, 1) + number(0, 4) + number(255, 2);
  size_t inside = 0;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (objects[i].find("\nstream\n") == objects[i].npos) {
      heads += std::to_string(i + 1) + " " + std::to_string(bodies.size()) + " ";
      bodies += objects[i] + "\n";
      entries += number(2, 1) + number(holder, 4) + number(inside++, 2);
    } else {
      entries += number(1, 1) + number(out.size(), 4) + number(0, 2);
      out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
  }
  entries += number(1, 1) + number(out.size(), 4) + number(0, 2);
  out += std::to_string(holder) + " 0 obj\n" +
         stream("/Type/ObjStm/Filter/FlateDecode/N " + std::to_string(inside) + "/First " +
                    std::to_string(heads.size()),
                flate(heads + bodies)) +
         "\nendobj\n";
  entries += number(1, 1) + number(out.size(), 4) + number(0, 2);
  const std::string start = std::to_string(out.size());
  return out + std::to_string(table) + " 0 obj\n" +
         stream(
             "/Type/XRef/W[1 4 2]/Filter/FlateDecode/Root 1 0 R/Size " + std::to_string(table + 1),
             flate(entries)) +
         "\nendobj\nstartxref\n" + start + "\n%%EOF\n";
}

std::string updated(const std::string& base, int number, const std::string& object) {
  std::string out = base;
  const size_t previous = base.rfind("startxref\n") + 10;
  const std::string at = base.substr(previous, base.find('\n', previous) - previous);
  const size_t offset = out.size();
  out += std::to_string(number) + " 0 obj\n" + object + "\nendobj\n";
  const std::string start = std::to_string(out.size());
  return out + "xref\n" + std::to_string(number) + " 1\n" + table_line(offset) +
         "trailer\n<</Size 100/Root 1 0 R/Prev " + at + ">>\nstartxref\n" + start + "\n%%EOF\n";
}

std::vector<std::string> everything() {
  return {
      "<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R/AcroForm<</XFA[(a)8 0 R(b)9 0 R]>>"
      "/Names<</EmbeddedFiles<</Names[(x)4 0 R]>>>>>>",
      "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/Contents 7 0 R/Annots[<</A<</S/URI/URI(http://example.com/a)>>>>"
      "<</A<</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>>>>]>>",
      "<</Type/Filespec/F(../dir/a.exe)/UF(\xFE\xFF\0\xE4\0.\0e\0x\0e)/EF<</F 6 0 R>>/Desc(text)>>"s,
      "<</S/JavaScript/JS(app.alert\\(1\\))>>",
      stream("/Type/EmbeddedFile/Filter/FlateDecode", flate("MZ the file")),
      stream("", "0 0 m 1 1 l S"),
      stream("/Filter/ASCIIHexDecode", ascii_hex("<xdp>")),
      stream("", "</xdp>"),
      stream("/Subtype/Image/Width 1/Height 1/Filter/FlateDecode", flate("MZ in a picture")),
      stream("/Subtype/Image/Width 1/Height 1/Filter/DCTDecode", "\xFF\xD8\xFF\xE0 picture"),
  };
}

}  // namespace pdf_samples
