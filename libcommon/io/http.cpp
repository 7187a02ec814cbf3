#include "io/http.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace lectio {

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &decltype(headers)::value_type::first);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::string HttpResponse::content_type() const {
  const std::string_view whole = header("content-type");
  std::string type = lower(whole.substr(0, whole.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

HttpResponse fetch(Http& http, const Deadline& deadline, HttpRequest request) {
  HttpResponse answer;
  http.start(std::move(request), [&](HttpResponse response) { answer = std::move(response); });
  http.run(deadline);
  return answer;
}

}  // namespace lectio
