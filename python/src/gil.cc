// SPDX-License-Identifier: Apache-2.0
#include "gil.h"

#include <unistd.h>

#include <atomic>
#include <thread>

namespace stoq::python {
namespace {

std::atomic<bool> ended = false;
std::atomic<std::thread::id> ender;

// Python would end the thread by unwinding it, through code that cannot be unwound.
void stay_when_ended() {
  if (!ended.load(std::memory_order_relaxed) || ender.load() == std::this_thread::get_id()) return;
  while (true) pause();
}

// The thread state of a thread that is not Python's own.
struct KeptState {
  PyGILState_STATE first = PyGILState_Ensure();
  PyThreadState* state = PyEval_SaveThread();
  ~KeptState() {
    if (ended.load() || !Py_IsInitialized()) return;
    PyEval_RestoreThread(state);
    PyGILState_Release(first);
  }
};

void keep_state() {
  thread_local const KeptState kept;
}

}  // namespace

Gil::Gil() {
  stay_when_ended();
  if (!PyGILState_GetThisThreadState()) keep_state();
  state_ = PyGILState_Ensure();
}
Gil::~Gil() {
  PyGILState_Release(state_);
}

NoGil::~NoGil() {
  stay_when_ended();
  PyEval_RestoreThread(state_);
}

void end_of_interpreter() {
  ender = std::this_thread::get_id();
  ended = true;
}

Kept::~Kept() {
  if (!object_ || !Py_IsInitialized() ||
      (ended.load() && ender.load() != std::this_thread::get_id()))
    return;
  const Gil gil;
  Py_DECREF(object_);
}

}  // namespace stoq::python
