// SPDX-License-Identifier: Apache-2.0
// PDFs through qpdf and our filters; the sink checks the order of its calls.
#include "fuzz/target.h"
#include "plugins/pdf/document.h"
#include "plugins/pdf/tests/samples.h"

using namespace stoq::plugins::pdf;
using stoq::fuzz::must;

namespace {

class CheckedPdfSink final : public Sink {
 public:
  bool begin(const Found& found) override {
    must(!open_ && found.status.empty());
    return open_ = true;
  }
  bool data(std::span<const std::uint8_t> bytes) override {
    must(open_);
    total_ += bytes.size();
    return total_ < 16u << 20;
  }
  bool end(const Found& found) override {
    must(open_ && !found.status.empty());
    open_ = false;
    return total_ < 16u << 20;
  }
  bool cancelled() override { return ++calls_ > 100'000; }
  bool open() const { return open_; }

 private:
  std::uint64_t total_ = 0, calls_ = 0;
  bool open_ = false;
};

}  // namespace

STOQ_FUZZ(pdf) {
  Options options;
  options.maximum_size = 1 << 20;
  options.all_streams = data.size() % 2;
  CheckedPdfSink sink;
  const Report report = read_pdf(stoq::fuzz::text_of(data), options, sink);
  must(!sink.open() && report.found.size() <= report.found_count);
  must(report.errors.size() <= 21 && report.found.size() <= options.max_listed);
}

STOQ_FUZZ_SEEDS(pdf) {
  using namespace pdf_samples;
  const std::string base = document(everything());
  const std::string chain = ascii85(flate(ascii_hex(lzw(run_length(flate("MZ in a chain"))))));
  return {base, packed(everything()), updated(base, 6, stream("/Type/EmbeddedFile", "x")),
          document({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>",
                    stream("/Filter[/A85/Fl/AHx/LZW/RL/FlateDecode]", chain),
                    stream("/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 4>>",
                           flate(std::string("\0abcd\2abcd", 10)))})};
}
