// SPDX-License-Identifier: Apache-2.0
//
// A plugin is a plain class; what it can do is found by looking:
//
//   class Hash {
//    public:
//     explicit Hash(const sdk::Host& host);                                   // state shared by all threads; throws to refuse.
//                                                                             // Hash(host, sdk::Call&): call.error() stands in every response
//     struct Thread { explicit Thread(const Hash&); };                        // optional: state of one thread
//     void scan(const sdk::Payload&, sdk::Call&, Thread&);                    // a worker; without Thread: scan(payload, call)
//     void get_dispatches(const sdk::Payload&, sdk::Call&[, Thread&]);        // a dispatcher
//     void get_deep_dispatches(const sdk::Payload&, sdk::Call&[, Thread&]);   // a deep dispatcher
//     void archive(const sdk::Payload&, sdk::Call&);  void get(sdk::Call&);   // an archiver: one of them, or both
//     void save(sdk::Call&);                                                  // a connector
//     void decorate(sdk::Call&);                                              // a decorator
//     void ingest(sdk::Call&);  void outcome(uint64_t token, int, std::string_view reason);   // a provider (outcome: optional)
//     static constexpr sdk::Option options[] = {...};                         // optional
//   };
//   STOQ_PLUGIN(Hash, "hash", "4.0.0")
//
// Methods are called from several threads at once (scan and the dispatchers: with a Thread of their
// own). They may throw: what they throw becomes an error of this plugin on this payload. Nothing
// thrown leaves the module.
#pragma once

#include <cxxabi.h>

#include <concepts>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <typeinfo>

#include "stoq/sdk/views.h"

namespace stoq::sdk {

enum class Kind : uint32_t {
  boolean = STOQ_OPTION_BOOLEAN,
  integer = STOQ_OPTION_INTEGER,
  number = STOQ_OPTION_NUMBER,
  text = STOQ_OPTION_TEXT,
  list = STOQ_OPTION_LIST,
  size = STOQ_OPTION_SIZE,
  duration = STOQ_OPTION_DURATION,
  json = STOQ_OPTION_JSON,
};

// An option as data: {"name", kind, "default" or nullptr, "help"[, minimum, maximum]}.
struct Option : stoq_option {
  constexpr Option(const char* option_name, Kind option_kind, const char* by_default,
                   const char* what, double low = 0, double high = 0)
      : stoq_option{sizeof(stoq_option),
                    static_cast<uint32_t>(option_kind),
                    option_name,
                    by_default,
                    low,
                    high,
                    what} {}
};

namespace detail {

struct NoThread {};
template <class P>
struct ThreadOf {
  using type = NoThread;
};
template <class P>
requires requires {
  typename P::Thread;
}
struct ThreadOf<P> {
  using type = typename P::Thread;
};

template <class P>
using Thread = typename ThreadOf<P>::type;

// The one place where exceptions end.
template <class F>
stoq_status guard(const stoq_call* call, F&& body) noexcept {
  const auto raise = [call](std::string_view type, std::string_view text) noexcept -> stoq_status {
    call->api->raise(call, str(type), str(text));
    return STOQ_FAILED;
  };
  try {
    body();
    return STOQ_OK;
  } catch (const Stopped&) {
    return STOQ_STOP;
  } catch (const Error& e) {
    return raise("StoqPluginException", e.what());
  } catch (const std::bad_alloc&) {
    return raise("std::bad_alloc", "out of memory");
  } catch (const std::exception& e) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(typeid(e).name(), nullptr, nullptr, &status), std::free);
    return raise(status == 0 && name ? name.get() : "std::exception", e.what());
  } catch (...) {
    return raise("unknown", "an exception that is not a std::exception");
  }
}

#define STOQ_SDK_HAS(method)                                                              \
  template <class P>                                                                      \
  concept has_##method##_plain = requires(P p, const Payload& payload, Call& call) {      \
    p.method(payload, call);                                                              \
  };                                                                                      \
  template <class P>                                                                      \
  concept has_##method##_thread =                                                         \
      requires(P p, const Payload& payload, Call& call, Thread<P>& thread) {              \
    p.method(payload, call, thread);                                                      \
  };                                                                                      \
  template <class P>                                                                      \
  concept has_##method = has_##method##_plain<P> || has_##method##_thread<P>;             \
  template <class P>                                                                      \
  stoq_status method(void* plugin, void* thread, const stoq_payload* raw,                 \
                     const stoq_call* raw_call) {                                         \
    return guard(raw_call, [&] {                                                          \
      const Payload payload(raw, raw_call);                                               \
      Call call(raw_call);                                                                \
      if constexpr (has_##method##_thread<P>)                                             \
        static_cast<P*>(plugin)->method(payload, call, *static_cast<Thread<P>*>(thread)); \
      else                                                                                \
        static_cast<P*>(plugin)->method(payload, call);                                   \
    });                                                                                   \
  }
STOQ_SDK_HAS(scan)
STOQ_SDK_HAS(get_dispatches)
STOQ_SDK_HAS(get_deep_dispatches)
#undef STOQ_SDK_HAS

template <class P>
concept has_archive = requires(P p, const Payload& payload, Call& call) {
  p.archive(payload, call);
};
template <class P>
concept has_get = requires(P p, Call& call) {
  p.get(call);
};
template <class P>
concept has_save = requires(P p, Call& call) {
  p.save(call);
};
template <class P>
concept has_decorate = requires(P p, Call& call) {
  p.decorate(call);
};
template <class P>
concept has_ingest = requires(P p, Call& call) {
  p.ingest(call);
};
template <class P>
concept has_outcome = requires(P p) {
  p.outcome(uint64_t{}, int{}, std::string_view{});
};
template <class P>
concept has_options = requires {
  std::size(P::options);
};

template <class P, auto method>
stoq_status with_call(void* plugin, const stoq_call* raw) {
  return guard(raw, [&] {
    Call call(raw);
    (static_cast<P*>(plugin)->*method)(call);
  });
}

template <class P>
stoq_status archive(void* plugin, const stoq_payload* raw, const stoq_call* raw_call) {
  return guard(raw_call, [&] {
    const Payload payload(raw, raw_call);
    Call call(raw_call);
    static_cast<P*>(plugin)->archive(payload, call);
  });
}

template <class P>
void outcome(void* plugin, uint64_t token, int32_t what, stoq_str reason) {
  try {
    static_cast<P*>(plugin)->outcome(token, what, view(reason));
  } catch (...) {  // an outcome has nobody to answer to; a provider logs what it must
  }
}

template <class P>
const void* extension(const char* id) {
  static_assert(has_scan<P> || has_get_dispatches<P> || has_get_deep_dispatches<P> ||
                    has_archive<P> || has_get<P> || has_save<P> || has_decorate<P> || has_ingest<P>,
                "this class plays no role: it has none of scan, get_dispatches, "
                "get_deep_dispatches, archive, get, save, decorate, ingest "
                "with the arguments that stoq/sdk/plugin.h names");
  const std::string_view wanted = id;
  if constexpr (has_scan<P>) {
    static constexpr stoq_worker table{sizeof(stoq_worker), 0, &scan<P>};
    if (wanted == STOQ_WORKER) return &table;
  }
  if constexpr (has_get_dispatches<P>) {
    static constexpr stoq_dispatcher table{sizeof(stoq_dispatcher), 0, &get_dispatches<P>};
    if (wanted == STOQ_DISPATCHER) return &table;
  }
  if constexpr (has_get_deep_dispatches<P>) {
    static constexpr stoq_deep_dispatcher table{sizeof(stoq_deep_dispatcher), 0,
                                                &get_deep_dispatches<P>};
    if (wanted == STOQ_DEEP_DISPATCHER) return &table;
  }
  if constexpr (has_archive<P> || has_get<P>) {
    static constexpr stoq_archiver table = [] {
      stoq_archiver t{sizeof(stoq_archiver), 0, nullptr, nullptr};
      if constexpr (has_archive<P>) t.archive = &archive<P>;
      if constexpr (has_get<P>) t.get = &with_call<P, &P::get>;
      return t;
    }();
    if (wanted == STOQ_ARCHIVER) return &table;
  }
  if constexpr (has_save<P>) {
    static constexpr stoq_connector table{sizeof(stoq_connector), 0, &with_call<P, &P::save>};
    if (wanted == STOQ_CONNECTOR) return &table;
  }
  if constexpr (has_decorate<P>) {
    static constexpr stoq_decorator table{sizeof(stoq_decorator), 0, &with_call<P, &P::decorate>};
    if (wanted == STOQ_DECORATOR) return &table;
  }
  if constexpr (has_ingest<P>) {
    static constexpr stoq_provider table = [] {
      stoq_provider t{sizeof(stoq_provider), 0, &with_call<P, &P::ingest>, nullptr};
      if constexpr (has_outcome<P>) t.outcome = &outcome<P>;
      return t;
    }();
    if (wanted == STOQ_PROVIDER) return &table;
  }
  return nullptr;
}

template <class P>
void* create(const stoq_host* host, const stoq_call* call) {
  void* plugin = nullptr;
  guard(call, [&] {
    if constexpr (std::constructible_from<P, const Host&, Call&>) {
      Call errors(call);
      plugin = new P(Host(host), errors);
    } else if constexpr (std::constructible_from<P, const Host&>)
      plugin = new P(Host(host));
    else
      plugin = new P();
  });
  return plugin;
}
template <class P>
void destroy(void* plugin) {
  delete static_cast<P*>(plugin);
}
template <class P>
void* create_thread(void* plugin, const stoq_call* call) {
  void* thread = nullptr;
  guard(call, [&] {
    if constexpr (std::constructible_from<Thread<P>, const P&>)
      thread = new Thread<P>(*static_cast<const P*>(plugin));
    else
      thread = new Thread<P>();
  });
  return thread;
}
template <class P>
void destroy_thread(void*, void* thread) {
  delete static_cast<Thread<P>*>(thread);
}

// NULL-terminated, as the entry wants it.
template <class P>
struct Options {
  static constexpr auto make() {
    struct Table {
      const stoq_option* entries[std::size(P::options) + 1];
    } all{};
    for (size_t i = 0; i < std::size(P::options); ++i) all.entries[i] = &P::options[i];
    return all;
  }
  static constexpr auto table = make();
};

template <class P>
constexpr stoq_plugin_entry entry(const char* name, const char* version) {
  stoq_plugin_entry e{sizeof(stoq_plugin_entry),
                      STOQ_ABI_MAJOR,
                      STOQ_ABI_MINOR,
                      name,
                      version,
                      nullptr,
                      &create<P>,
                      &destroy<P>,
                      nullptr,
                      nullptr,
                      &extension<P>};
  if constexpr (has_options<P>) e.options = Options<P>::table.entries;
  if constexpr (!std::is_same_v<Thread<P>, NoThread>) {
    e.create_thread = &create_thread<P>;
    e.destroy_thread = &destroy_thread<P>;
  }
  return e;
}

}  // namespace detail
}  // namespace stoq::sdk

// The only symbol that the module exports. Stand it in the global namespace or in the plugin's own.
#define STOQ_PLUGIN(Class, name, version)                          \
  extern "C" {                                                     \
  extern STOQ_EXPORT const stoq_plugin_entry stoq_plugin_entry_v1; \
  constinit const stoq_plugin_entry stoq_plugin_entry_v1 =         \
      ::stoq::sdk::detail::entry<Class>(name, version);            \
  }
