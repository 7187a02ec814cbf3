// heartbeat: tells a Healthchecks server that the site and its watchers live.
#include "heartbeat/heartbeat.hpp"
#include "tool/run_tool.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::heartbeat_tool()); }
