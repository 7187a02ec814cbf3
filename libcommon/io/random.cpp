#include "io/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace lectio {

Result<std::string> random_text(std::size_t size, std::string_view alphabet) {
  const std::size_t fair = 256 - 256 % alphabet.size();
  std::string text;
  while (text.size() < size) {
    unsigned char byte = 0;
    if (::getrandom(&byte, 1, 0) != 1) {
      return fail(ErrorKind::io, fmt::format("no randomness: {}", std::strerror(errno)));
    }
    if (byte < fair) text.push_back(alphabet[byte % alphabet.size()]);
  }
  return text;
}

}  // namespace lectio
