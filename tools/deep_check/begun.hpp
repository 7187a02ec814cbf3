// What a check waits for, begun before its turn: a whole run takes as long as its slowest check.
#pragma once

#include <chrono>
#include <future>
#include <utility>

#include "base/clock.hpp"

namespace lectio {

template <class Value>
class Begun {
 public:
  template <class Work>
  void begin(Work work) {
    const auto start = std::chrono::steady_clock::now();
    value_ = std::async(std::launch::async, [start, work = std::move(work)] {
               Value value = work();
               const auto took = std::chrono::steady_clock::now() - start;
               return std::pair{std::move(value), std::chrono::duration_cast<Milliseconds>(took)};
             }).share();
  }
  const Value& value() const { return value_.get().first; }
  Milliseconds took() const { return value_.get().second; }

 private:
  std::shared_future<std::pair<Value, Milliseconds>> value_;
};

}  // namespace lectio
