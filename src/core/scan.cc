// SPDX-License-Identifier: Apache-2.0
#include "core/scan.h"

#include <algorithm>
#include <iterator>

#include "core/answer.h"
#include "core/scan_reply.h"
#include "core/uuid.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr uint64_t kLimitsListed = 100;

std::string amount_text(const std::optional<uint64_t>& amount) {
  return amount ? std::to_string(*amount) : "an unknown number of";
}

// What a limit left out, in words; every line ends in the payload's id.
std::string left_out_text(const LeftOut& l, const Settings& s, std::string_view id) {
  const std::string by = l.plugin.empty() ? "" : " by " + l.plugin;
  std::string text;
  const auto limit = [&](auto value) { return l.limit + " = " + std::to_string(value); };
  if (l.limit == "max_recursion")
    text = amount_text(l.amount) + " payloads extracted" + by + " lie deeper than " +
           limit(s.max_recursion) + " and were not scanned";
  else if (l.limit == "max_payloads")
    text = amount_text(l.amount) + " payloads extracted" + by +
           " were not scanned: the request has as many as " + limit(s.max_payloads) +
           " allows (the last " + std::to_string(std::min(s.max_payloads, s.reserved_payloads)) +
           " places are for executables, scripts, documents, mails and archives)";
  else if (l.limit == "max_children")
    text = "extraction" + by + " was stopped after " + limit(s.extraction.children) + " payloads";
  else if (l.limit == "max_extracted_bytes")
    text = "extraction" + by + " was stopped after " + limit(s.extraction.bytes) + " bytes";
  else if (l.limit == "max_ratio")
    text = "extraction" + by + " was stopped: it gave more than " + limit(s.extraction.ratio) +
           " times its input";
  else if (l.limit == "max_request_bytes" && l.amount)
    text = amount_text(l.amount) + " payloads extracted" + by +
           " were not scanned: with them the request's bytes pass " + limit(s.max_request_bytes);
  else if (l.limit == "max_request_bytes")
    text = "extraction" + by + " was stopped: the request's bytes reached " +
           limit(s.max_request_bytes);
  else if (l.limit == "max_payload_size" && l.plugin.empty())
    text = "the payload has " + amount_text(l.amount) + " bytes, more than " +
           limit(s.extraction.payload) + " allows; it was hashed, " +
           (s.dest_archivers.empty() ? "not scanned" : "neither scanned nor archived");
  else if (l.limit == "max_payload_size")
    text = "payloads with " + amount_text(l.amount) + " bytes extracted" + by +
           " were left out: each is larger than " + limit(s.extraction.payload);
  else if (l.limit == "max_response_size")
    text = amount_text(l.amount) + " bytes given" + by +
           " were left out: the response has reached " + limit(s.max_response_size);
  else if (l.limit == "request_deadline")
    text = amount_text(l.amount) +
           " plugins were not run: the request has taken its request_deadline of " +
           Json(s.request_deadline).text() + " s";
  else if (l.limit == "max_worker_rounds")
    text = amount_text(l.amount) +
           " plugins named by workers were not run: the payload had as many further rounds as "
           "there may be";
  else if (l.limit == "max_errors")
    text = amount_text(l.amount) + " errors given" + by + " were left out";
  return text.empty() ? text : text + " ; payload " + std::string(id);
}

uint64_t text_size(const Json& json) {
  std::string scratch;
  return json.view(scratch).size();
}

}  // namespace

Scan::Scan(ScanContext context, Payload root, RequestMeta request_meta, Names start_dispatch,
           Names start_deep_dispatch)
    : context_(std::move(context)),
      settings_(*context_.generation->settings),
      request_meta_(std::move(request_meta)),
      start_dispatch_(std::move(start_dispatch)),
      start_deep_dispatch_(std::move(start_deep_dispatch)),
      deadline_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(settings_.request_deadline))) {
  root.sha256();
  levels_.resize(1);
  levels_[0].nodes.push_back(
      std::make_unique<Node>(std::move(root), Request{request_meta_}, nullptr));
  admitted_ = 1;
}

Scan::~Scan() = default;

void Scan::withhold_root(uint64_t size) {
  Node& root = *levels_[0].nodes[0];
  root.withheld = true;
  root.left_out.push_back({"max_payload_size", "", size});
}

void Scan::cut() {
  cut_ = true;
  deadline_ = Clock::now();
}

void Scan::start() {
  work_quietly(*levels_[0].nodes[0]);
}

void Scan::run_one() {
  std::unique_lock lock(mutex_);
  std::vector<Node*> nodes = take_together();
  lock.unlock();
  work_together(std::move(nodes));
}

Node* Scan::take_ready() {
  if (ready_at_ == ready_.size()) return nullptr;
  Node* node = ready_[ready_at_++];
  if (ready_at_ == ready_.size()) ready_.clear(), ready_at_ = 0;
  return node;
}

void Scan::finish_here() {
  std::unique_lock lock(mutex_);
  caller_waits_ = true;
  while (true) {
    changed_.wait(lock, [this] { return done_ || ready_at_ < ready_.size(); });
    if (done_) return;
    std::vector<Node*> nodes = take_together();
    lock.unlock();
    work_together(std::move(nodes));
    lock.lock();
  }
}

// Nothing that goes wrong in the engine itself may leave a payload unfinished, and the request with
// it.
void Scan::work_quietly(Node& node) {
  try {
    work_on(node);
  } catch (const std::exception& e) {
    fail(node, e.what());
  }
}

void Scan::fail(Node& node, std::string_view why) {
  node.errors.add("stoq", failure_text("worker:failed to scan", "stoq", "StoqException", why,
                                       node.payload.payload_id));
  node.left_out.push_back({"engine", "", std::nullopt});
  finish(node);
}

// A bound on memory while the request runs, as ScanReply::bounded is for results.
bool Scan::add_error(Node& node, std::string_view plugin, std::string text) {
  const uint64_t size = sizeof(std::string) + plugin.size() + text.size();
  if (error_bytes_.fetch_add(size, std::memory_order_relaxed) > 2 * settings_.max_response_size) {
    leave_out(node.left_out, "max_response_size", known(plugin), text.size());
    return false;
  }
  node.errors.add(plugin, std::move(text));
  return true;
}

// Names that are no plugin's come from payloads, in any number.
std::string_view Scan::known(std::string_view plugin) const {
  const Generation& generation = *context_.generation;
  const bool is_one =
      generation.loaded.contains(plugin) || generation.source->manifests().contains(plugin);
  return is_one ? plugin : std::string_view();
}

void Scan::publish(std::unique_lock<std::mutex>& lock) {
  const size_t count = std::exchange(unposted_, 0);
  const bool notify = (count > 0 && caller_waits_) || done_;
  if (notify) changed_.notify_all();
  std::function<void()> when_done;
  if (done_) when_done = std::exchange(when_done_, nullptr);
  if (count == 0 && !when_done) return;
  lock.unlock();
  if (!context_.generation->serial)
    for (size_t i = 0; i < count; ++i) context_.pool.post(shared_from_this());
  if (when_done) when_done();
}

void Scan::leave_out(std::vector<LeftOut>& list, std::string_view limit, std::string_view plugin,
                     std::optional<uint64_t> amount) {
  for (LeftOut& l : list)
    if (l.limit == limit && l.plugin == plugin && l.amount.has_value() == amount.has_value()) {
      if (amount) *l.amount += *amount;
      return;
    }
  list.push_back({std::string(limit), std::string(plugin), amount});
}

StoqResponse Scan::take_response() {
  StoqResponse response;
  response.request_meta = levels_[0].nodes[0]->request.request_meta;
  uint64_t bytes = 0, error_bytes = 0;
  std::unordered_map<std::string, size_t> places;  // of the names in response.errors
  const auto add_error = [&](const std::string& name, std::string text) {
    const auto [at, is_new] = places.try_emplace(name, response.errors.size());
    if (is_new) response.errors.emplace_back(name, std::vector<std::string>());
    response.errors[at->second].second.push_back(std::move(text));
  };
  std::vector<LimitRecord> more;
  for (const auto& instance : context_.generation->loaded)
    for (const std::string& problem : instance.second->info().problems)
      add_error(instance.first, problem);
  for (const auto& [name, instance] : late_)
    for (const std::string& problem : instance->info().problems) add_error(name, problem);

  const auto fits = [&](uint64_t size) {
    if (bytes + size > settings_.max_response_size) return false;
    bytes += size;
    return true;
  };
  for (Level& level : levels_) {
    for (const std::unique_ptr<Node>& node : level.nodes) {
      if (node->empty) continue;
      PayloadResults r;
      r.payload_id = std::move(node->payload.payload_id);
      r.size = node->payload.size();
      r.payload_meta = std::move(node->payload.payload_meta);
      if (!node->payload.worker_results.empty())
        r.workers = std::move(node->payload.worker_results);
      if (!node->payload.plugins_run.empty())
        r.plugins_run.workers = std::move(node->payload.plugins_run);
      r.extracted_from = std::move(node->payload.extracted_from);
      r.extracted_by = std::move(node->payload.extracted_by);
      r.sha256 = hex(node->payload.sha256());
      r.duplicates = std::move(node->duplicates);
      r.archivers = std::move(node->archivers);
      r.plugins_run.archivers = std::move(node->archivers_run);
      if (settings_.timings) r.timings = (node->trace ? *node->trace : Trace()).timings();
      if (settings_.explain) r.explain = (node->trace ? *node->trace : Trace()).explain();
      const auto cut = [&](NamedResults& results) {
        std::erase_if(results, [&](const auto& entry) {
          const uint64_t size = text_size(entry.second);
          if (fits(size)) return false;
          leave_out(node->left_out, "max_response_size", entry.first, size);
          return true;
        });
      };
      for (NamedResults& round : r.workers) cut(round);
      cut(r.archivers);
      if (const uint64_t size = text_size(r.payload_meta.extra_data); !fits(size)) {
        r.payload_meta.extra_data = Json::object();
        leave_out(node->left_out, "max_response_size", r.extracted_by, size);
      }
      std::erase_if(r.duplicates, [&](const Duplicate& d) {
        const uint64_t size = text_size(d.payload_meta.extra_data);
        if (fits(size)) return false;
        leave_out(node->left_out, "max_response_size", d.extracted_by, size);
        return true;
      });

      for (auto& [name, texts] : node->errors)
        for (std::string& text : texts) {
          // Counted for themselves: what was given must not cost the word that something went
          // wrong.
          if (error_bytes + text.size() <= settings_.max_response_size &&
              (error_bytes += text.size()))
            add_error(name, std::move(text));
          else
            leave_out(node->left_out, "max_response_size", known(name), text.size());
        }
      std::move(node->left_out_at_admission.begin(), node->left_out_at_admission.end(),
                std::back_inserter(node->left_out));
      for (LeftOut& l : node->left_out) {
        if (std::string text = left_out_text(l, settings_, r.payload_id); !text.empty())
          add_error("stoq", std::move(text));
        if (response.limits.size() < kLimitsListed) {
          response.limits.push_back({l.limit, r.payload_id, l.plugin, l.amount, 1});
          continue;
        }
        auto at = std::find_if(more.begin(), more.end(),
                               [&](const LimitRecord& m) { return m.limit == l.limit; });
        if (at == more.end()) {
          more.push_back({l.limit, "", "", l.amount, 1});
          continue;
        }
        ++at->count;
        if (at->left_out && l.amount)
          *at->left_out += *l.amount;
        else
          at->left_out.reset();
      }
      response.results.push_back(std::move(r));
    }
  }
  std::move(more.begin(), more.end(), std::back_inserter(response.limits));
  response.time = std::chrono::system_clock::now();
  response.scan_id = new_uuid();
  return response;
}

}  // namespace stoq
