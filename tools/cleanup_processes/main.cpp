#include "cleanup_processes/cleanup_processes.hpp"

int main(int argc, char** argv) {
  return lectio::run_tool(argc, argv, lectio::cleanup_processes());
}
