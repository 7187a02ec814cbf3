// Why a transfer of libcurl failed, in our words.
#pragma once

#include <curl/curl.h>

#include "io/http.hpp"

namespace lectio {

struct TransferEnd {
  CURLcode code = CURLE_OK;
  long os_errno = 0;       // of the last connect
  long verify_result = 0;  // OpenSSL's X509_V_...
  bool resolved = true;    // the host's address was known
  bool answered = false;   // the headers of a final answer were complete
};

HttpError classify(const TransferEnd& end);

}  // namespace lectio
