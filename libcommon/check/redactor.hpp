// Words of strangers, made fit to be shown: no secret, no control character, valid UTF-8.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace lectio {

class Redactor {
 public:
  void add_secret(std::string_view secret);

  // Secrets, the credentials of an address, what is named a password, a secret or a token, and
  // whatever looks like a JWT become "***"; control and direction characters a space; bytes that
  // are no UTF-8 "?". At most `max_characters`, then
  // "...".
  std::string clean(std::string_view text, std::size_t max_characters = 200) const;

 private:
  struct LongestFirst {
    bool operator()(const std::string& left, const std::string& right) const {
      return left.size() != right.size() ? left.size() > right.size() : left < right;
    }
  };
  std::set<std::string, LongestFirst> secrets_;
};

}  // namespace lectio
