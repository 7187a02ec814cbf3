// lectio-monitor-setup: from a package or a build to a working schedule.
#include "lectio-monitor-setup/setup.hpp"
#include "tool/run_tool.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::setup_tool()); }
