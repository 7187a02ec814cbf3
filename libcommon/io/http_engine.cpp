#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <new>
#include <ranges>
#include <stdexcept>

#include "io/curl_handles.hpp"
#include "io/http_transfer.hpp"

namespace lectio {
namespace {

struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiCleanup>;
using TransferPtr = std::unique_ptr<Transfer>;

// How long the others wait for the first connection to an origin over TLS: with
// HTTP/2 it carries them all. (libcurl's own way to share a connection that is being opened has no
// such limit: behind a dead host they time out one after another. It serves for what comes after,
// for a server closes each connection after some number of requests.)
constexpr Milliseconds lead{300};

void check(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

Multi make_multi(std::size_t max_parallel) {
  prepare_curl();
  Multi multi{curl_multi_init()};
  if (!multi) throw std::bad_alloc{};
  check(curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(max_parallel)));
  return multi;
}

class CurlHttp final : public Http {
 public:
  CurlHttp(Clock& clock, HttpSettings settings) : clock_(clock), settings_(std::move(settings)) {
    settings_.max_parallel = std::max<std::size_t>(settings_.max_parallel, 1);
  }

  void start(HttpRequest request, Callback done) override;
  void run(const Deadline& deadline) override;

 private:
  struct Pause {
    BootTime until;
    TransferPtr transfer;
  };
  struct Leader {
    const Transfer* transfer;  // null: it has ended
    BootTime until;
    bool answered = false;  // the last transfer from this origin was whole
    bool leads(BootTime now) const {
      return transfer != nullptr && !transfer->is_connected() && until > now;
    }
  };

  const Leader* leader_of(const Transfer& transfer);
  void perform();
  void resume();
  void admit();
  bool collect(const Deadline& deadline);
  void finish(Transfer* ended, CURLcode code, const Deadline& deadline);
  void wait(const Deadline& deadline);
  void cut_all();
  TransferPtr take_out(Transfer* running);
  Easy take_easy();

  Clock& clock_;
  HttpSettings settings_;
  Multi multi_;             // declared first: ends after the handles in it
  std::vector<Easy> idle_;  // handles for the next transfers
  std::deque<TransferPtr> waiting_;
  std::vector<TransferPtr> running_;
  std::vector<Pause> pausing_;                          // between two tries
  std::vector<TransferPtr> held_;                       // behind a leader
  std::map<std::string, Leader, std::less<>> leaders_;  // by origin
};

void CurlHttp::start(HttpRequest request, Callback done) {
  if (!multi_) multi_ = make_multi(settings_.max_parallel);
  waiting_.push_back(std::make_unique<Transfer>(std::move(request), std::move(done)));
}

void CurlHttp::run(const Deadline& deadline) {
  while (!waiting_.empty() || !running_.empty() || !pausing_.empty() || !held_.empty()) {
    if (deadline.passed()) {
      cut_all();
      continue;
    }
    resume();
    admit();
    perform();
    if (collect(deadline)) continue;
    // What one stream of a connection has read for another is handed over only when that one's
    // turn comes: the socket is empty by then, and poll() would wait for nothing.
    perform();
    if (!collect(deadline)) wait(deadline);
  }
}

void CurlHttp::perform() {
  int still_running = 0;
  check(curl_multi_perform(multi_.get(), &still_running));
}

// The first to an origin becomes its leader. Null for itself, and without TLS.
const CurlHttp::Leader* CurlHttp::leader_of(const Transfer& transfer) {
  const std::string_view origin = transfer.tls_origin();
  if (origin.empty()) return nullptr;
  const auto found = leaders_.find(origin);
  if (found != leaders_.end()) return &found->second;
  leaders_.emplace(origin, Leader{&transfer, clock_.boot() + lead});
  return nullptr;
}

// Those whose pause is over go before the ones that have not begun.
void CurlHttp::resume() {
  const BootTime now = clock_.boot();
  const auto rested = std::ranges::stable_partition(
      pausing_, [&](const Pause& pause) { return pause.until > now; });
  for (Pause& pause : rested) waiting_.push_front(std::move(pause.transfer));
  pausing_.erase(rested.begin(), rested.end());

  const auto free = std::ranges::stable_partition(
      held_, [&](const TransferPtr& transfer) { return leader_of(*transfer)->leads(now); });
  std::ranges::move(std::views::reverse(free), std::front_inserter(waiting_));
  held_.erase(free.begin(), free.end());
}

void CurlHttp::admit() {
  while (!waiting_.empty() && running_.size() < settings_.max_parallel) {
    TransferPtr transfer = std::move(waiting_.front());
    waiting_.pop_front();
    const BootTime now = clock_.boot();
    const bool in_time = transfer->left(now).count() > 0;
    if (!in_time) transfer->cut("no time was left for it", now);
    if (!in_time || !transfer->is_sendable()) {
      transfer->deliver();
      continue;
    }
    if (const Leader* leader = leader_of(*transfer); leader != nullptr && leader->leads(now)) {
      held_.push_back(std::move(transfer));
      continue;
    }
    transfer->begin(take_easy(), settings_, now);
    if (const Leader* leader = leader_of(*transfer); leader != nullptr && leader->answered) {
      transfer->share_connection();
    }
    check(curl_multi_add_handle(multi_.get(), transfer->easy()));
    running_.push_back(std::move(transfer));
  }
}

// False when nothing had ended.
bool CurlHttp::collect(const Deadline& deadline) {
  bool any = false;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    finish(transfer, message->data.result, deadline);
    any = true;
  }
  return any;
}

void CurlHttp::finish(Transfer* ended, CURLcode code, const Deadline& deadline) {
  const BootTime now = clock_.boot();
  ended->end(code, now);
  if (const auto leader = leaders_.find(ended->tls_origin()); leader != leaders_.end()) {
    leader->second.answered = code == CURLE_OK;
  }
  TransferPtr transfer = take_out(ended);
  const Milliseconds pause = transfer->retry_pause();
  if (transfer->wants_retry() && pause < std::min(transfer->left(now), deadline.left())) {
    pausing_.push_back({now + pause, std::move(transfer)});
  } else {
    transfer->deliver();
  }
}

void CurlHttp::wait(const Deadline& deadline) {
  if (running_.empty() && pausing_.empty() && held_.empty()) return;
  const BootTime now = clock_.boot();
  BootTime wake = now + std::min(deadline.left(), Milliseconds{60'000});
  for (const Pause& pause : pausing_) wake = std::min(wake, pause.until);
  for (const TransferPtr& transfer : held_) {
    const Leader& leader = *leader_of(*transfer);
    wake = std::min(wake, leader.leads(now) ? leader.until : now);
  }
  const auto timeout = std::max(std::chrono::ceil<Milliseconds>(wake - now), Milliseconds{0});
  check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(timeout.count()), nullptr));
}

// The run is over: no callback may find a transfer that could still go on.
void CurlHttp::cut_all() {
  const BootTime now = clock_.boot();
  std::vector<TransferPtr> ended;
  while (!running_.empty()) {
    running_.back()->cut("the run's deadline passed", now);
    ended.push_back(take_out(running_.back().get()));
  }
  for (Pause& pause : pausing_) ended.push_back(std::move(pause.transfer));
  pausing_.clear();
  std::ranges::move(held_, std::front_inserter(waiting_));
  held_.clear();
  for (TransferPtr& transfer : waiting_) {
    transfer->cut("the run's deadline passed before it began", now);
    ended.push_back(std::move(transfer));
  }
  waiting_.clear();
  for (const TransferPtr& transfer : ended) transfer->deliver();
}

TransferPtr CurlHttp::take_out(Transfer* running) {
  const auto place = std::ranges::find(running_, running, &TransferPtr::get);
  TransferPtr transfer = std::move(*place);
  std::swap(*place, running_.back());
  running_.pop_back();
  for (auto& [origin, leader] : leaders_) {
    if (leader.transfer == running) leader.transfer = nullptr;
  }
  check(curl_multi_remove_handle(multi_.get(), transfer->easy()));
  idle_.push_back(transfer->release());
  return transfer;
}

Easy CurlHttp::take_easy() {
  if (idle_.empty()) {
    Easy fresh{curl_easy_init()};
    if (!fresh) throw std::bad_alloc{};
    return fresh;
  }
  Easy used = std::move(idle_.back());
  idle_.pop_back();
  curl_easy_reset(used.get());
  return used;
}

}  // namespace

std::unique_ptr<Http> make_http(Clock& clock, HttpSettings settings) {
  return std::make_unique<CurlHttp>(clock, std::move(settings));
}

}  // namespace lectio
