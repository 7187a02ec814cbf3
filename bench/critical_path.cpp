// The floor under smoke_check: the same requests with the same dependencies, by a bare libcurl
// client that is already running and keeps its connections.
//   critical_path SITE_URL BACKEND_URL HOST ASSET...
// Accounts come from the environment (SMOKE_*). Each line on stdin is one round; its time in
// milliseconds goes to stdout.
#include <curl/curl.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Client {
  CURLM* multi = curl_multi_init();
  std::vector<CURL*> idle;
  std::string host;
  int open = 0;
};

struct Exchange {
  std::string body;
  std::string sent;
  curl_slist* headers = nullptr;
  std::function<void(const std::string&)> done;
};

std::size_t collect(char* data, std::size_t, std::size_t size, void* into) {
  static_cast<Exchange*>(into)->body.append(data, size);
  return size;
}

void begin(Client& client, const std::string& url, const std::string& token, std::string sent,
           std::function<void(const std::string&)> done) {
  CURL* easy = client.idle.empty() ? curl_easy_init() : client.idle.back();
  if (!client.idle.empty()) client.idle.pop_back();
  curl_easy_reset(easy);
  auto* exchange = new Exchange{{}, std::move(sent), nullptr, std::move(done)};
  if (url.starts_with("http://")) {
    exchange->headers = curl_slist_append(exchange->headers, ("Host: " + client.host).c_str());
    exchange->headers = curl_slist_append(exchange->headers, "X-Forwarded-Proto: https");
  }
  if (!token.empty()) {
    exchange->headers =
        curl_slist_append(exchange->headers, ("Authorization: Bearer " + token).c_str());
  }
  if (!exchange->sent.empty()) {
    exchange->headers = curl_slist_append(exchange->headers, "Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->sent.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, "/etc/ssl/certs");
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, long{url.starts_with("https://")});
  curl_multi_add_handle(client.multi, easy);
  ++client.open;
}

void run(Client& client) {
  while (client.open > 0) {
    int running = 0;
    curl_multi_perform(client.multi, &running);
    int queued = 0;
    bool any = false;
    while (const CURLMsg* message = curl_multi_info_read(client.multi, &queued)) {
      CURL* easy = message->easy_handle;
      Exchange* exchange = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
      if (message->data.result != CURLE_OK) {
        std::fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
        std::exit(2);
      }
      curl_multi_remove_handle(client.multi, easy);
      client.idle.push_back(easy);
      --client.open;
      any = true;
      const std::unique_ptr<Exchange> ended{exchange};
      curl_slist_free_all(ended->headers);
      if (ended->done) ended->done(ended->body);
    }
    if (!any && client.open > 0) curl_multi_poll(client.multi, nullptr, 0, 1000, nullptr);
  }
}

std::string access_token(const std::string& body) {
  rapidjson::Document document;
  document.Parse(body.c_str());
  if (!document.IsObject() || !document.HasMember("access")) {
    std::fputs("no access token: are the accounts set up?\n", stderr);
    std::exit(2);
  }
  return document["access"].GetString();
}

std::string credentials(const char* role) {
  const auto value = [&](const char* what) {
    const char* found = std::getenv(("SMOKE_" + std::string{role} + what).c_str());
    return std::string{found == nullptr ? "" : found};
  };
  return R"({"email":")" + value("_EMAIL") + R"(","password":")" + value("_PASSWORD") + R"("})";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: critical_path SITE_URL BACKEND_URL HOST ASSET...\n", stderr);
    return 3;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Client client;
  const std::string site = argv[1];
  const std::string backend = argv[2];
  client.host = argv[3];
  const std::vector<std::string> assets{argv + 4, argv + argc};
  const std::string teacher = credentials("TEACHER");
  const std::string student = credentials("STUDENT");

  const auto get = [&](const std::string& path, const std::string& token) {
    begin(client, backend + path, token, {}, {});
  };
  for (std::string line; std::getline(std::cin, line);) {
    const auto began = std::chrono::steady_clock::now();
    begin(client, site + "/", {}, {}, [&](const std::string&) {
      for (const std::string& asset : assets) begin(client, site + asset, {}, {}, {});
    });
    begin(client, site + "/api/health/", {}, {}, {});
    begin(client, backend + "/api/jwt/token/", {}, teacher, [&](const std::string& body) {
      const std::string token = access_token(body);
      for (const char* path :
           {"/api/me/", "/api/schedule/lessons/", "/schedule/api/recordings/teacher/",
            "/api/homework/", "/api/subscription/", "/api/attendance-records/"}) {
        get(path, token);
      }
      begin(client, backend + "/api/subscription/create-payment/", token,
            R"({"plan":"monitor_probe","provider":"tbank"})", {});
      begin(client, backend + "/api/groups/", token, {}, [&, token](const std::string& groups) {
        rapidjson::Document document;
        document.Parse(groups.c_str());
        const auto& results = document["results"];
        if (results.Empty()) return get("/api/gradebook/", token);
        get("/api/gradebook/?group=" + std::to_string(results[0]["id"].GetInt()), token);
      });
    });
    begin(client, backend + "/api/jwt/token/", {}, student,
          [&](const std::string& body) { get("/api/homework/", access_token(body)); });
    run(client);
    const auto took =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began);
    std::printf("%.3f\n", took.count());
    std::fflush(stdout);
  }
}
