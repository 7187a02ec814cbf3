// A Telegram of our own: takes calls, keeps what the chats show, fails when told to.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/http.hpp"
#include "io/json.hpp"

namespace lectio {

struct Killed {};

class TelegramChat final : public Http {
 public:
  enum class Taken { no, yes };
  struct Call {
    std::string method;
    std::string chat;
    std::string text;
    std::int64_t message = 0;  // edited or replied to
    std::int64_t topic = 0;
    bool silent = false;
    bool html = false;
  };

  // The next calls, in turn: an answer of the Bot API, no answer at all, or the end of the
  // caller, before or after the call was taken.
  void say(int status, const std::string& body) {
    script_.emplace_back([status, body](const Call&) { return answer(status, body); });
  }
  void be_silent(Taken taken) {
    script_.emplace_back([this, taken](const Call& call) {
      if (taken == Taken::yes) take(call);
      HttpResponse response;
      response.error = HttpError::timeout;
      response.error_text = "too slow";
      return response;
    });
  }
  void kill(Taken taken) {
    script_.emplace_back([this, taken](const Call& call) -> HttpResponse {
      if (taken == Taken::yes) take(call);
      throw Killed{};
    });
  }
  void work() {
    script_.emplace_back([this](const Call& call) { return take(call); });
  }
  // Runs when the next call has been taken.
  void then(std::function<void()> deed) {
    script_.emplace_back([this, deed = std::move(deed)](const Call& call) {
      auto response = take(call);
      deed();
      return response;
    });
  }
  void stay_down() { down_ = true; }
  void come_back() { down_ = false; }

  void start(HttpRequest request, Callback done) override {
    waiting_.emplace_back(std::move(request), std::move(done));
  }
  void run(const Deadline& /*deadline*/) override {
    while (!waiting_.empty()) {
      auto [request, done] = std::move(waiting_.front());
      waiting_.pop_front();
      done(receive(request));
    }
  }

  std::vector<Call> calls;       // all of them, whatever became of them
  std::vector<std::string> log;  // what was taken: "1: text", "edit 1: text", "2 to 1: text"
  std::vector<std::string> pings;
  int ping_status = 200;
  std::map<std::int64_t, std::string> shown;  // message id -> its text

 private:
  HttpResponse receive(const HttpRequest& request) {
    const std::size_t bot = request.url.find("/bot");
    if (bot == std::string::npos) {
      pings.push_back(request.url + " " + request.body);
      return answer(ping_status, ping_status == 200 ? "OK" : "");
    }
    const Call call = read(request);
    calls.push_back(call);
    if (down_) {
      HttpResponse response;
      response.error = HttpError::timeout;
      response.error_text = "too slow";
      return response;
    }
    if (script_.empty()) return take(call);
    const auto deed = std::move(script_.front());
    script_.pop_front();
    return deed(call);
  }

  static Call read(const HttpRequest& request) {
    const auto json = parse_json(request.body);
    const JsonValue& body = *json;
    Call call;
    call.method = request.url.substr(request.url.rfind('/') + 1);
    call.chat = body["chat_id"].IsInt64() ? std::to_string(body["chat_id"].GetInt64())
                                          : body["chat_id"].GetString();
    call.text = body["text"].GetString();
    call.html = body.HasMember("parse_mode");
    if (body.HasMember("message_id")) call.message = body["message_id"].GetInt64();
    if (body.HasMember("reply_parameters")) {
      call.message = body["reply_parameters"]["message_id"].GetInt64();
    }
    if (body.HasMember("message_thread_id")) call.topic = body["message_thread_id"].GetInt64();
    if (body.HasMember("disable_notification")) {
      call.silent = body["disable_notification"].GetBool();
    }
    return call;
  }

  HttpResponse take(const Call& call) {
    std::int64_t id = call.message;
    if (call.method == "editMessageText") {
      if (!shown.contains(id)) {
        return answer(400, R"({"ok":false,"error_code":400,)"
                           R"("description":"Bad Request: message to edit not found"})");
      }
      if (shown[id] == call.text) {
        return answer(400, R"({"ok":false,"error_code":400,)"
                           R"("description":"Bad Request: message is not modified"})");
      }
      log.push_back("edit " + std::to_string(id) + ": " + call.text);
    } else {
      id = ++last_id_;
      const std::string to = call.message == 0 ? "" : " to " + std::to_string(call.message);
      log.push_back(std::to_string(id) + to + ": " + call.text);
    }
    shown[id] = call.text;
    return answer(200, R"({"ok":true,"result":{"message_id":)" + std::to_string(id) + "}}");
  }

  static HttpResponse answer(int status, const std::string& body) {
    HttpResponse response;
    response.status = status;
    response.body = body;
    response.body_size = body.size();
    return response;
  }

  std::deque<std::function<HttpResponse(const Call&)>> script_;
  std::deque<std::pair<HttpRequest, Callback>> waiting_;
  std::int64_t last_id_ = 0;
  bool down_ = false;
};

}  // namespace lectio
