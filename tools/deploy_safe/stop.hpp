// Ctrl-C, SIGTERM and a lost terminal ask a deploy to stop; it does so where the site is whole.
#pragma once

namespace lectio {

void heed_stop_signals();
bool stop_asked();

}  // namespace lectio
