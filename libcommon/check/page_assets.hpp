// The scripts and style sheets that an HTML page asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lectio {

struct PageAsset {
  enum class Kind { script, style } kind;
  std::string reference;  // as the page has it (&amp; decoded): relative, absolute, any scheme
};

// In the page's order, repeated ones repeated: <script src>, <link rel=stylesheet>,
// <link rel=modulepreload>. Reads as browsers do: never fails, whatever the bytes, and takes
// time linear in their number.
std::vector<PageAsset> page_assets(std::string_view html);

}  // namespace lectio
